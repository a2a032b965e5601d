"""Contribution statements from JSON Lines -> core table ``contribution``."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from armillary.core.store import Store
from armillary.errors import InputError
from armillary.sources.contributions.labels import LEAD_ROLES, MIN_LEAD_ROLES, Parsed, label, parse_statement
from armillary.sources.openalex.lines import Lines

ENTITY = "contributions"


@dataclass(frozen=True, slots=True)
class Statement:
    """One paper's statement as given."""

    statement_id: str
    doi: str | None
    title: str | None
    authors: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """One line that is no usable statement."""

    line: int
    reason: str
    detail: str


def read_statements(path: str | Path) -> Iterator[Statement | Rejected]:
    """Statements of a JSON Lines file (also ``.gz``), one object a line: ``doi, title, authors`` (list of names), ``contribution``.

    A line that cannot be used comes as :class:`Rejected` with a reason: ``bad-json``, ``no-authors``, ``no-id`` (neither DOI nor title),
    ``no-statement``. :class:`~armillary.errors.InputError` if the file cannot be read at all.
    """
    for first, lines in Lines(Path(path)):
        for number, line in enumerate(lines, first):
            if line is None:
                yield Rejected(number, "bad-json", "the line is too long")
                continue
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                yield Rejected(number, "bad-json", str(error)[:200])
                continue
            yield _statement(row, number)


def _statement(row: Any, number: int) -> Statement | Rejected:
    if not isinstance(row, dict):
        return Rejected(number, "bad-json", "not an object")
    authors = row.get("authors")
    if not isinstance(authors, list) or not authors or not all(isinstance(a, str) and a.strip() for a in authors):
        return Rejected(number, "no-authors", str(authors)[:200])
    doi = str(row.get("doi") or "").strip().casefold().removeprefix("https://doi.org/") or None
    title = str(row.get("title") or "").strip() or None
    if not doi and not title:
        return Rejected(number, "no-id", "neither doi nor title")
    text = row.get("contribution")
    if not isinstance(text, str) or not text.strip():
        return Rejected(number, "no-statement", str(doi or title)[:200])
    key = doi or "title:" + hashlib.sha256(" ".join((title or "").casefold().split()).encode()).hexdigest()[:16]
    return Statement(key, doi, title, tuple(a.strip() for a in authors), text)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the statements could be read; counts, with :meth:`shares` for people."""

    statements: int
    authors: int
    mentioned: int
    lead: int
    support: int
    unknown: int
    mentions_clear: int
    mentions_lost: int
    clauses: int
    clauses_silent: int
    statements_labelled: int
    statements_with_lead: int

    def shares(self) -> dict[str, float]:
        """Parts of the whole, each 0 to 1 (NaN of an empty file)."""

        def over(top: int, bottom: int) -> float:
            return top / bottom if bottom else float("nan")

        return {
            "authors_labelled": over(self.lead + self.support, self.authors),
            "lead_of_labelled": over(self.lead, self.lead + self.support),
            "mentions_resolved": over(self.mentions_clear, self.mentions_clear + self.mentions_lost),
            "clauses_with_a_role": over(self.clauses - self.clauses_silent, self.clauses),
            "statements_labelled": over(self.statements_labelled, self.statements),
            "statements_with_a_leader": over(self.statements_with_lead, self.statements),
        }


def coverage(parsed: Sequence[tuple[Statement, Parsed]], *, min_lead_roles: int = MIN_LEAD_ROLES) -> Coverage:
    """Count what was read in parsed statements."""
    n: Counter[str] = Counter()
    for statement, p in parsed:
        labels = [label(a, min_lead_roles=min_lead_roles) for a in p.authors]
        n.update(
            statements=1,
            authors=len(statement.authors),
            mentioned=sum(a.is_mentioned for a in p.authors),
            lead=sum(v is True for v in labels),
            support=sum(v is False for v in labels),
            unknown=sum(v is None for v in labels),
            mentions_clear=p.clear_n,
            mentions_lost=p.lost_n,
            clauses=p.clauses_n,
            clauses_silent=p.silent_n,
            statements_labelled=any(v is not None for v in labels),
            statements_with_lead=any(labels),
        )
    return Coverage(**{f: int(n[f]) for f in Coverage.__dataclass_fields__})


def ingest(store: Store, paths: Sequence[str | Path], *, min_lead_roles: int = MIN_LEAD_ROLES) -> dict[str, Any]:
    """Parse the files and put the result into table ``contribution``, replacing what was there; returns what was read.

    The first of several statements with the same id counts; later ones are rejected as ``duplicate``.
    """
    if min_lead_roles < 1:
        raise InputError(f"a leader needs at least one lead role, got {min_lead_roles}")
    seen: set[str] = set()
    good: list[tuple[Statement, Parsed]] = []
    rejects: list[dict[str, Any]] = []
    counts: dict[str, Counter[str]] = {}
    files = [Path(p) for p in paths]
    for path in files:
        here = counts.setdefault(path.name, Counter())
        for item in read_statements(path):
            here["records"] += 1
            if isinstance(item, Rejected):
                rejects.append({"entity": ENTITY, "file": path.name, "line": item.line, "reason": item.reason, "detail": item.detail})
                here["rejected"] += 1
            elif item.statement_id in seen:
                detail = {"line": here["records"], "reason": "duplicate", "detail": item.statement_id}
                rejects.append({"entity": ENTITY, "file": path.name, **detail})
                here["rejected"] += 1
            else:
                seen.add(item.statement_id)
                good.append((item, parse_statement(item.text, item.authors)))
                here["kept"] += 1
    if not good:
        raise InputError(
            "no usable statement", where=files[0] if files else None, fix='each line needs "doi" or "title", "authors" and "contribution"'
        )
    rows = [
        {
            "statement_id": s.statement_id,
            "author_seq": k,
            "author_name": name,
            "doi": s.doi,
            "title": s.title,
            "roles": ";".join(sorted(a.roles)) or None,
            "is_lead": label(a, min_lead_roles=min_lead_roles),
        }
        for s, p in good
        for k, (name, a) in enumerate(zip(s.authors, p.authors, strict=True), 1)
    ]
    with store.write() as txn:
        txn.replace("contribution", pa.Table.from_pylist(rows, schema=txn.read("contribution").schema))
        for table, new in (("reject", rejects), ("manifest", [_manifest(p, counts[p.name]) for p in files])):
            old = txn.read(table)
            others = old.filter(pc.not_equal(old["entity"], ENTITY))
            txn.replace(table, pa.concat_tables([others, pa.Table.from_pylist(new, schema=old.schema)]))
    result = coverage(good, min_lead_roles=min_lead_roles)
    return {
        "files": [p.name for p in files],
        "rejected": len(rejects),
        "rule": f"lead = at least {min_lead_roles} of: {', '.join(sorted(LEAD_ROLES))}",
        **{f: getattr(result, f) for f in Coverage.__dataclass_fields__},
        "shares": result.shares(),
    }


def _manifest(path: Path, n: Counter[str]) -> dict[str, Any]:
    return {
        "entity": ENTITY,
        "file": path.name,
        "file_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "bytes_n": path.stat().st_size,
        "records_n": n["records"],
        "kept_n": n["kept"],
        "superseded_n": 0,
        "rejected_n": n["rejected"],
    }
