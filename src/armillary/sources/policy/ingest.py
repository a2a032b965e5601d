"""``armillary ingest policy``: files of policy citations into ``policy_document`` and ``policy_citation``, with every refusal counted."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from armillary.core.schema import table as table_of
from armillary.core.store import Store
from armillary.errors import InputError
from armillary.sources.policy.bibtex import Entry, read_bibtex
from armillary.sources.policy.overton import looks_like_overton, read_overton
from armillary.sources.policy.records import NOT_COUNTRIES, Broken, Citation, organisation_type, year_of
from armillary.sources.policy.table import TableMapping, read_table
from armillary.sources.values.country import read_country
from armillary.sources.values.doi import read_doi

_SUFFIXES = (".csv", ".tsv", ".txt", ".bib", ".json", ".jsonl", ".ndjson")
_LISTED = 5
_DOCUMENT = ("title", "organisation", "organisation_type", "country_code", "year")


@dataclass
class PolicyReport:
    """What an ingest of policy files did. ``read`` = ``kept`` + ``repeated`` + the sum of ``rejected``."""

    files: int = 0
    read: int = 0
    kept: int = 0
    repeated: int = 0
    repaired: int = 0
    documents: int = 0
    dois: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**self.__dict__, "rejected": dict(sorted(self.rejected.items()))}


def ingest_policy(
    store: Store,
    path: Path,
    *,
    mapping: TableMapping | None = None,
    document: Mapping[str, str] | None = None,
    fresh: bool = False,
) -> PolicyReport:
    """Read a file or a folder of files and add what they say to the store.

    ``document`` gives facts that the files lack (``policy_id``, ``title``, ``organisation``, ``organisation_type``, ``country``,
    ``year``); a
    BibTeX file without ``policy_id`` is a document named after the file. Citations are united by (document, DOI); ``fresh`` forgets
    everything known before. Reading the same file again changes nothing.
    """
    report = PolicyReport()
    files = _files(path)
    root = path if path.is_dir() else path.parent
    citations: dict[tuple[str, str], set[str]] = {}
    documents: dict[str, dict[str, Any]] = {}
    rejects: list[tuple[str, str, int, str, str]] = []
    manifest: list[dict[str, Any]] = []
    titles: dict[str, set[str]] = {}
    unknown: Counter[tuple[str, str]] = Counter()
    for file in files:
        name = str(file.relative_to(root))
        data = _bytes(file)
        kind, records = _reader(file, _text(data, file), mapping, document or {})
        counts = Counter[str]()
        for record in records:
            counts["read"] += 1
            if isinstance(record, Broken):
                rejects.append(("policy", name, record.line, record.reason, record.detail[:200]))
                counts[record.reason] += 1
                continue
            reading = read_doi(record.doi_raw)
            if reading.value is None:
                reason = reading.reason or "doi-malformed"
                rejects.append(("policy", name, record.line, reason, (record.doi_raw or record.cited_title or "")[:200]))
                counts[reason] += 1
                continue
            _note(documents, record, unknown)
            groups = citations.get((record.policy_id, reading.value))
            counts["repeated" if groups is not None else "kept"] += 1
            report.repaired += reading.is_repaired
            groups = citations.setdefault((record.policy_id, reading.value), set())
            if record.group:
                groups.add(record.group)
            if record.cited_title:
                titles.setdefault(reading.value, set()).add("".join(c for c in record.cited_title.lower() if c.isalnum())[:50])
        report.files += 1
        for key in ("read", "kept", "repeated"):
            setattr(report, key, getattr(report, key) + counts[key])
        bad = {k: v for k, v in counts.items() if k not in ("read", "kept", "repeated")}
        report.rejected.update(bad)
        manifest.append(
            {
                "entity": "policy",
                "file": name,
                "file_sha256": hashlib.sha256(data).hexdigest(),
                "bytes_n": file.stat().st_size,
                "records_n": counts["read"],
                "kept_n": counts["kept"],
                "superseded_n": counts["repeated"],
                "rejected_n": sum(bad.values()),
                "schema_generation": kind,
            }
        )
    report.documents, report.dois = len(documents), len({doi for _, doi in citations})
    shared = sorted(d for d, t in titles.items() if len(t) >= 4)
    if shared:
        examples = ", ".join(shared[:3])
        meaning = "a report and its chapters, or a slip"
        report.warnings.append(f"{len(shared)} DOIs stand for four or more different titles ({meaning}): {examples}")
    report.warnings += [f"{what} is not known; {n} citations {then}" for (what, then), n in unknown.most_common(_LISTED)]
    if len(unknown) > _LISTED:
        report.warnings.append(f"{len(unknown) - _LISTED} more countries or types are not known")
    _write(store, citations, documents, rejects, manifest, fresh)
    return report


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.exists():
        raise InputError(
            "there is no such file or folder", where=path, fix="give a table, a .bib file, an Overton-style export, or a folder of them"
        )
    found = [p for p in sorted(path.rglob("*")) if p.is_file() and Path(p.name.removesuffix(".gz")).suffix.lower() in _SUFFIXES]
    if not found:
        raise InputError(f"no policy files here ({', '.join(_SUFFIXES)}, plain or .gz)", where=path, fix="give another folder")
    return found


def _bytes(file: Path) -> bytes:
    data = file.read_bytes()
    if file.suffix != ".gz":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError) as error:
        raise InputError(f"the gzip file is damaged ({error})", where=file, fix="fetch it again") from None


def _text(data: bytes, file: Path) -> str:
    if b"\0" in data[:4096]:
        raise InputError("this is not a text file", where=file, fix="export it as CSV, BibTeX or JSON Lines")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _reader(
    file: Path,
    text: str,
    mapping: TableMapping | None,
    document: Mapping[str, str],
) -> tuple[str, Iterator[Citation | Broken]]:
    stem = Path(file.name.removesuffix(".gz"))
    if stem.suffix.lower() == ".bib" or (mapping is None and text.lstrip().startswith("@")):
        return "bibtex", (_from_entry(e, stem.stem, document) for e in read_bibtex(text))
    if mapping is None and looks_like_overton(text):
        return "overton", (_with(c, document) for c in read_overton(text))
    return "table", (_with(c, document) for c in read_table(text, str(file), mapping))


def _from_entry(entry: Entry | Broken, stem: str, document: Mapping[str, str]) -> Citation | Broken:
    if isinstance(entry, Broken):
        return entry
    url = entry.fields.get("url", "")
    doi = entry.fields.get("doi") or (url if "doi.org/" in url else None)
    base = Citation(
        entry.line,
        document.get("policy_id") or stem,
        doi,
        group=stem if document.get("policy_id") else None,
        title=document.get("title") or stem,
        cited_title=entry.fields.get("title"),
    )
    return _with(base, document)


def _with(record: Citation | Broken, document: Mapping[str, str]) -> Citation | Broken:
    """Facts given on the command line fill what the record lacks."""
    if isinstance(record, Broken) or not document:
        return record
    facts: dict[str, Any] = {k: v for k, v in document.items() if k != "policy_id" and getattr(record, k) is None}
    return replace(record, **facts)


def _note(documents: dict[str, dict[str, Any]], record: Citation, unknown: Counter[tuple[str, str]]) -> None:
    """What the record says about its document; the first value given for a fact counts."""
    kind = organisation_type(record.organisation_type)
    if kind is None and record.organisation_type:
        unknown[f"organisation type '{record.organisation_type}'", "counted as other"] += 1
    known = documents.setdefault(record.policy_id, dict.fromkeys(_DOCUMENT))
    country = (record.country or "").strip()
    facts = {
        "title": record.title,
        "organisation": record.organisation,
        "organisation_type": kind,
        "country_code": None if country.lower() in NOT_COUNTRIES else read_country(country).value,
        "year": year_of(record.year),
    }
    if country and facts["country_code"] is None and country.lower() not in NOT_COUNTRIES:
        unknown[f"country '{country}'", "without a country"] += 1
    for key, value in facts.items():
        if known[key] is None:
            known[key] = value


def _write(
    store: Store,
    citations: dict[tuple[str, str], set[str]],
    documents: dict[str, dict[str, Any]],
    rejects: list[tuple[str, str, int, str, str]],
    manifest: list[dict[str, Any]],
    fresh: bool,
) -> None:
    with store.write() as txn:
        if not fresh:
            for row in txn.read("policy_citation").to_pylist():
                known = citations.setdefault((row["policy_id"], row["doi"]), set())
                known.update(g for g in (row["group"] or "").split(";") if g)
            for row in txn.read("policy_document").to_pylist():
                new = documents.setdefault(row["policy_id"], dict.fromkeys(_DOCUMENT))
                for key in _DOCUMENT:
                    if new[key] is None and not (key == "organisation_type" and row[key] == "other"):
                        new[key] = row[key]
        txn.replace(
            "policy_document",
            pa.Table.from_pylist(
                [{"policy_id": i, **d, "organisation_type": d["organisation_type"] or "other"} for i, d in sorted(documents.items())],
                schema=table_of("policy_document").schema,
            ),
        )
        txn.replace(
            "policy_citation",
            pa.Table.from_pylist(
                [{"policy_id": p, "doi": d, "group": ";".join(sorted(g)) or None} for (p, d), g in sorted(citations.items())],
                schema=table_of("policy_citation").schema,
            ),
        )
        read_now = {m["file"] for m in manifest}

        def others(name: str) -> list[dict[str, Any]]:
            rows: list[dict[str, Any]] = txn.read(name).to_pylist()
            return [r for r in rows if r["entity"] != "policy" or not (fresh or r["file"] in read_now)]

        columns = table_of("reject").schema.names
        txn.replace(
            "reject",
            pa.Table.from_pylist(
                others("reject") + [dict(zip(columns, r, strict=True)) for r in rejects], schema=table_of("reject").schema
            ),
        )
        txn.replace("manifest", pa.Table.from_pylist(others("manifest") + manifest, schema=table_of("manifest").schema))
