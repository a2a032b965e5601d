"""An audit as a research object (RO-Crate 1.1): the verdicts, the claims they judge, the evidence, and the program that made them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from armillary.audit.audit import Audit
from armillary.audit.language import builtin
from armillary.audit.text import markdown
from armillary.core import durable
from armillary.core.tabular import csv_text
from armillary.errors import UsageError
from armillary.publishing.tables import sha256
from armillary.reports.audit import audit_html
from armillary.version import __version__

MARK = "armillary.json"
_MEDIA = {".json": "application/json", ".html": "text/html", ".md": "text/markdown", ".csv": "text/csv", ".toml": "application/toml"}


@dataclass
class Crate:
    """Entities by id; files are hashed when they are added."""

    folder: Path
    entities: dict[str, dict[str, Any]] = field(default_factory=dict)

    def file(self, name: str, body: bytes, said: str) -> dict[str, str]:
        """Write a file and describe it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        self.entities[name] = {
            "@id": name,
            "@type": "File",
            "name": said,
            "encodingFormat": _MEDIA.get(path.suffix, "application/octet-stream"),
            "contentSize": str(len(body)),
            "sha256": sha256(body),
        }
        return {"@id": name}

    def thing(self, id: str, type_: str, **facts: Any) -> dict[str, str]:
        """Describe something that is not a file of the crate."""
        self.entities[id] = {"@id": id, "@type": type_, **{k: v for k, v in facts.items() if v}}
        return {"@id": id}


def audit_crate(audit: Audit, folder: Path, *, data: Mapping[str, Any] | None = None, date: str = "", licence: str = "") -> Path:
    """Write an audit with its inputs into ``folder`` (new, empty, or an earlier crate), described by ``ro-crate-metadata.json``.

    ``data`` is the version of the observatory that was asked; ``date`` (ISO) and ``licence`` (an address) are those of the crate. Without
    a date it is the newest of the judged texts; UsageError where none of them has one. Texts are named with their hash and not copied.
    """
    known = [a.published.isoformat() for a in audit.file.articles.values() if a.published]
    if not (date or known):
        raise UsageError("nothing here says of which day this audit is", fix="give --date 2026-01-31")
    if any(audit.file.path == str(p) for p in (folder, folder / MARK)):
        raise UsageError(f"{folder} holds the claims file", fix="give another folder")
    try:
        with durable.whole_folder(folder, MARK) as part:
            crate = Crate(part)
            _fill(crate, audit, dict(data or {}), date or max(known), licence)
            (part / MARK).write_text(json.dumps({"armillary": __version__, "crate": "audit"}) + "\n", encoding="utf-8")
    except FileExistsError as error:
        raise UsageError(f"{error.filename} {error.strerror}", fix="move it away, or give another folder") from None
    return folder / "ro-crate-metadata.json"


def _fill(crate: Crate, audit: Audit, data: Mapping[str, Any], date: str, licence: str) -> None:
    body = audit.as_dict()
    results = [
        crate.file("audit.json", (json.dumps(body, ensure_ascii=False, indent=1) + "\n").encode(), "Verdicts with their evidence"),
        crate.file("audit.md", markdown(audit).encode(), "Verdicts to read"),
        crate.file("audit.html", audit_html(audit, charts=False).encode(), "Verdicts as a page"),
        crate.file("verdicts.csv", csv_text(audit.arrow).encode(), "A row a claim"),
    ]
    inputs = [crate.file("inputs/claims.toml", _claims(audit.file.path), "The claims, as queries")]
    for key, a in audit.file.articles.items():
        facts = {"name": a.title or a.file, "publisher": a.publisher, "sha256": a.sha256}
        day = a.published.isoformat() if a.published else ""
        inputs.append(crate.thing(f"#text-{key}", "CreativeWork", **facts, datePublished=day))
    for source in {s.id: s for v in audit.verdicts for s in v.sources}.values():
        facts = {"name": source.title, "publisher": source.publisher, "version": source.edition, "url": source.address}
        inputs.append(crate.thing(f"#source-{source.id}", "CreativeWork", **facts))
    if data:
        facts = {"name": str(data["name"]), "version": str(data["snapshot_date"]), "sha256": str(data["digest"])}
        inputs.append(crate.thing("#observatory", "Dataset", **facts, description=str(data.get("note") or "")))
    program = crate.thing("#armillary", "SoftwareApplication", name="Armillary", version=__version__, softwareVersion=__version__)
    made = crate.thing("#audit", "CreateAction", name="Judging the claims", instrument=program, object=inputs, result=results)
    if licence:
        terms = crate.thing(licence, "CreativeWork", name=licence.rsplit("/", 1)[-1].removesuffix(".html"), url=licence)
    else:
        terms = crate.thing("#no-licence", "CreativeWork", name="No licence stated", description="Ask the author before you reuse it")
    files = [{"@id": i} for i, e in crate.entities.items() if e["@type"] == "File"]
    counts = ", ".join(f"{n} {k}" for k, n in body["counts"].items())
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Audit: {audit.file.title or audit.file.path}",
        "description": f"Claims judged against named evidence: {counts}.",
        "datePublished": date,
        "license": terms,
        "identifier": body["audit_sha256"],
        "hasPart": files,
        "mentions": [made],
    }
    head = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    graph = {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": [head, root, *crate.entities.values()]}
    text = json.dumps(graph, ensure_ascii=False, indent=1) + "\n"
    (crate.folder / "ro-crate-metadata.json").write_text(text, encoding="utf-8")


def _claims(path: str) -> bytes:
    """The claims file as it was judged: a file of the user, or one that travels with the package."""
    own = builtin(path.removeprefix("built-in:")) if path.startswith("built-in:") else None
    return (own or Path(path)).read_bytes()
