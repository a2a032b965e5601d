"""Contribution statements from JSON Lines -> core table ``contribution``."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from armillary.core.guarded import parse_json
from armillary.core.store import Store
from armillary.errors import InputError
from armillary.sources.bookkeeping import FileLog, examples, write_log
from armillary.sources.contributions.labels import LEAD_ROLES, MIN_LEAD_ROLES, Parsed, label, parse_statement
from armillary.sources.files import kind_of, read_text
from armillary.sources.values.doi import read_doi
from armillary.sources.values.reading import Tally

ENTITY = "contributions"
_FIX = 'give JSON Lines, each with "doi" or "title", "authors" and "contribution"'


@dataclass(frozen=True, slots=True)
class Statement:
    """One paper's statement as given."""

    statement_id: str
    doi: str | None
    title: str | None
    authors: tuple[str, ...]
    text: str
    line: int = 0
    odd_doi: str | None = None
    """What stands in place of a DOI and is none."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """One line that is no usable statement."""

    line: int
    reason: str
    detail: str


def read_statements(path: str | Path) -> Iterator[Statement | Rejected]:
    """Statements of a file (also ``.gz`` or ``.zip``) of JSON objects, one a line or all in one list: ``doi, title, authors`` (names),
    ``contribution``.

    A record that cannot be used comes as :class:`Rejected` with a reason: ``bad-json``, ``no-authors``, ``no-id`` (neither DOI nor title),
    ``no-statement``. :class:`~armillary.errors.InputError` if the file cannot be read at all.
    """
    where = Path(path)
    text = read_text(where)
    if not text.strip():
        raise InputError("the file is empty", where=where, fix=_FIX)
    if text.lstrip()[:1] not in ("{", "["):
        raise InputError(f"this is {kind_of(text[:64].encode()) or 'no JSON'}", where=where, fix=_FIX)
    for number, row in _records(text, where):
        yield row if isinstance(row, Rejected) else _statement(row, number)


def _records(text: str, where: Path) -> Iterator[tuple[int, Any]]:
    """Objects with their lines: of a list, or of an indented object, their number."""
    try:
        whole = parse_json(text, where)
    except InputError:
        if not text.lstrip().split("\n", 1)[0].rstrip().endswith(("}", "]")):
            raise
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                try:
                    yield number, parse_json(line, f"line {number}")
                except InputError as error:
                    yield number, Rejected(number, "bad-json", error.line[:200])
        return
    yield from enumerate(whole if isinstance(whole, list) else [whole], 1)


def _statement(row: Any, number: int) -> Statement | Rejected:
    if not isinstance(row, dict):
        return Rejected(number, "bad-json", "not an object")
    given_authors = row.get("authors", row.get("authorships"))
    authors = _names(given_authors)
    if not authors:
        return Rejected(number, "no-authors", str(given_authors)[:200])
    given = str(row.get("doi") or "").strip()
    doi = read_doi(given)
    title = str(row.get("title") or "").strip() or None
    if doi.value is None and not title:
        reason = "no-id" if doi.reason == "doi-missing" else doi.reason or "doi-malformed"
        return Rejected(number, reason, given or "neither doi nor title")
    text = row.get("contribution")
    if not isinstance(text, str) or not text.strip():
        return Rejected(number, "no-statement", str(doi.value or title)[:200])
    key = doi.value or "title:" + hashlib.sha256(" ".join((title or "").casefold().split()).encode("utf-8", "replace")).hexdigest()[:16]
    odd = given if doi.value is None and doi.reason != "doi-missing" else None
    return Statement(key, doi.value, title, authors, text, number, odd)


def _names(given: Any) -> tuple[str, ...]:
    """Names of authors: texts, objects (Crossref's ``given`` and ``family``, OpenAlex's ``author``), or one text parted by semicolons.

    Empty if one of them has no name: who is who would slip.
    """
    if isinstance(given, str) and ";" in given:
        given = [part for part in given.split(";") if part.strip()]
    if not isinstance(given, list):
        return ()
    names = tuple(_name(a) for a in given)
    return names if all(names) else ()


def _name(given: Any) -> str:
    if isinstance(given, dict) and isinstance(given.get("author"), dict):
        given = given["author"]
    if isinstance(given, dict):
        parts = [str(given.get(k) or "").strip() for k in ("given", "family")]
        whole = next(
            (v for k in ("name", "display_name", "full_name", "literal", "author") if isinstance(v := given.get(k), str) and v.strip()), ""
        )
        given = whole or " ".join(p for p in parts if p)
    return " ".join(given.split()) if isinstance(given, str) else ""


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
    tally = Tally()
    logs: list[FileLog] = []
    left_out: dict[str, str] = {}
    files = [Path(p) for p in paths]
    for path in files:
        log = FileLog(path, path.name)
        try:
            _read_file(log, seen, good, tally)
        except InputError as error:
            if len(files) == 1:
                raise
            left_out[path.name] = error.what
            continue
        logs.append(log)
    if not good:
        why = "; ".join([*examples(logs), *(f"{f}: {w}" for f, w in left_out.items())][:2])
        raise InputError(f"no usable statement ({why or 'no record'})", where=files[0] if files else None, fix=_FIX)
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
        write_log(txn, ENTITY, logs, fresh=True)
    result = coverage(good, min_lead_roles=min_lead_roles)
    return {
        "files": [log.name for log in logs],
        "left_out": left_out,
        "rejected": sum(len(log.rejects) for log in logs),
        "notes": [*tally.lines(), *examples(logs)],
        "rule": f"lead = at least {min_lead_roles} of: {', '.join(sorted(LEAD_ROLES))}",
        **{f: getattr(result, f) for f in Coverage.__dataclass_fields__},
        "shares": result.shares(),
    }


def _read_file(log: FileLog, seen: set[str], good: list[tuple[Statement, Parsed]], tally: Tally) -> None:
    for item in read_statements(log.path):
        log.records += 1
        if isinstance(item, Rejected):
            log.reject(item.line, item.reason, item.detail)
        elif item.statement_id in seen:
            log.reject(item.line, "duplicate", item.statement_id)
        else:
            seen.add(item.statement_id)
            good.append((item, parse_statement(item.text, item.authors)))
            log.kept += 1
            if item.odd_doi:
                tally.add("statements whose DOI is not understood, known by their title", item.odd_doi)
