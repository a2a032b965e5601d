"""``armillary ingest policy``: files of policy citations into ``policy_document`` and ``policy_citation``, with every refusal counted."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from armillary.core.schema import table as table_of
from armillary.core.store import Store
from armillary.errors import InputError, UsageError
from armillary.sources.bookkeeping import FileLog, examples, reasons_of, write_log
from armillary.sources.files import find_files, kind_of, other_files, read_text, with_members
from armillary.sources.policy.bibtex import BibtexEntry, looks_like_bibtex, read_bibtex
from armillary.sources.policy.overton import looks_like_overton, read_overton
from armillary.sources.policy.records import BrokenRecord, Citation, organisation_type, year_of
from armillary.sources.policy.references import csl_items, looks_like_tagged, read_csl, read_tagged
from armillary.sources.policy.table import TableMapping, read_table
from armillary.sources.values.country import read_country
from armillary.sources.values.doi import read_doi, read_dois
from armillary.sources.values.missing import is_missing
from armillary.sources.values.reading import Tally

_SUFFIXES = (".csv", ".tsv", ".txt", ".bib", ".json", ".jsonl", ".ndjson", ".ris", ".nbib")
_LINK = re.compile(r"(?:https?://)?(?:dx\.)?doi\.org/[^\s,]+|\bdoi:\s*10\.[^\s,]+", re.IGNORECASE)
"""A DOI in a field that may hold anything."""
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
    left_out: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**self.__dict__, "rejected": dict(sorted(self.rejected.items()))}


@dataclass
class _Gathered:
    """What the files say, united: citations with their groups, facts of documents, and what is to be said of both."""

    citations: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    titles: dict[str, set[str]] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    used: set[str] = field(default_factory=set)


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
    everything known before. Reading the same file again changes nothing. A file of a folder that cannot be read is named in ``left_out``;
    :class:`UsageError` if a fact or a mapping was given that no file needs.
    """
    with tempfile.TemporaryDirectory() as scratch:
        return _ingest(store, path, mapping, document or {}, Path(scratch), fresh=fresh)


def _ingest(
    store: Store, path: Path, mapping: TableMapping | None, document: Mapping[str, str], scratch: Path, *, fresh: bool
) -> PolicyReport:
    report, found, logs = PolicyReport(), _Gathered(), []
    given = find_files(path, (*_SUFFIXES, ".zip"), wanted="give a table, a .bib file, an Overton-style export, or a folder of them")
    root = path if path.is_dir() else path.parent
    files, left_out = with_members(given, _SUFFIXES, scratch)
    report.left_out.update(left_out | other_files(path, (*_SUFFIXES, ".zip")))
    for file in files:
        name = str(file.relative_to(root)) if file.is_relative_to(root) else file.name
        log = FileLog(file, name)
        try:
            log.layout, records = _reader(file, read_text(file), mapping, document, found.used)
            _gather(log, records, found, report)
        except InputError as error:
            if len(files) == 1:
                raise
            report.left_out[name] = error.what
            continue
        logs.append(log)
    if not logs:
        some = "; ".join(f"{n}: {why}" for n, why in sorted(report.left_out.items())[:3])
        raise InputError(f"no file here could be read ({some})", where=path, fix="see docs/how-to/policy.md")
    _refuse_what_has_no_effect(mapping, document, found.used)
    report.files = len(logs)
    report.read, report.kept, report.repeated = (sum(getattr(x, k) for x in logs) for k in ("records", "kept", "superseded"))
    report.rejected.update(reasons_of(logs))
    report.documents, report.dois = len(found.documents), len({doi for _, doi in found.citations})
    shared = sorted(d for d, t in found.titles.items() if len(t) >= 4)
    if shared:
        meaning = "a report and its chapters, or a slip"
        report.warnings.append(f"{len(shared)} DOIs stand for four or more different titles ({meaning}): {', '.join(shared[:3])}")
    report.warnings += found.tally.lines() + examples(logs)
    _write(store, found.citations, found.documents, logs, fresh)
    return report


def _gather(log: FileLog, records: Iterator[Citation | BrokenRecord], found: _Gathered, report: PolicyReport) -> None:
    """Unite the records of one file with those before."""
    for record in records:
        log.records += 1
        if isinstance(record, BrokenRecord):
            log.reject(record.line, record.reason, record.detail)
            continue
        reading = record.reading or read_doi(record.doi_raw)
        if reading.value is None:
            log.reject(record.line, reading.reason or "doi-malformed", record.doi_raw or record.cited_title or "")
            continue
        _note(found.documents, record, found.tally)
        key = (record.policy_id, reading.value)
        if key in found.citations:
            log.superseded += 1
        else:
            log.kept += 1
        report.repaired += reading.is_repaired
        groups = found.citations.setdefault(key, set())
        if record.group:
            groups.add(record.group)
        if record.cited_title:
            found.titles.setdefault(reading.value, set()).add("".join(c for c in record.cited_title.lower() if c.isalnum())[:50])


def _refuse_what_has_no_effect(mapping: TableMapping | None, document: Mapping[str, str], used: set[str]) -> None:
    if mapping is not None and "mapping" not in used:
        raise UsageError("--mapping has no effect: none of the files is a table", fix="leave it out")
    idle = sorted(k for k in document if k not in used)
    if idle:
        names = {"policy_id": "--document-id", "organisation_type": "--type"}
        option = names.get(idle[0], f"--{idle[0]}")
        raise UsageError(f"{option} has no effect: the files say it of every document", fix="leave it out")


def _reader(
    file: Path, text: str, mapping: TableMapping | None, document: Mapping[str, str], used: set[str]
) -> tuple[str, Iterator[Citation | BrokenRecord]]:
    """What the file is, by its text, and its records."""
    name = file.name
    for suffix in (".gz", ".zip"):
        name = name.removesuffix(suffix)
    stem = Path(name)
    if not text.strip():
        raise InputError("the file is empty", where=file, fix="see docs/how-to/policy.md")
    if (kind := kind_of(text[:64].encode())) is not None:
        raise InputError(f"this is {kind}", where=file, fix="see docs/how-to/policy.md")
    if looks_like_bibtex(text):
        return "bibtex", (c for e in read_bibtex(text) for c in _from_entry(e, stem.stem, document, used))
    if looks_like_tagged(text):
        return "references", (c for e in read_tagged(text) for c in _from_entry(e, stem.stem, document, used))
    if looks_like_overton(text):
        if (items := csl_items(text, str(file))) is not None:
            return "references", (c for e in read_csl(items) for c in _from_entry(e, stem.stem, document, used))
        return "overton", (_with(c, document, used) for c in read_overton(text, str(file)))
    if stem.suffix.lower() == ".bib":
        raise InputError("no BibTeX entry in this file", where=file, fix="give a .bib file with @article{...} and the like")
    used |= {"mapping"} if mapping is not None else set()
    records = read_table(text, str(file), mapping, document.get("policy_id"))
    first = next(records, None)  # a header that does not fit is an error of the file, not of its records
    rest = records if first is None else chain([first], records)
    if document.get("policy_id") and first is not None and getattr(first, "policy_id", None) == document["policy_id"]:
        used.add("policy_id")
    return "table", (_with(c, document, used) for c in rest)


def _from_entry(
    entry: BibtexEntry | BrokenRecord, stem: str, document: Mapping[str, str], used: set[str]
) -> Iterator[Citation | BrokenRecord]:
    """The works that an entry of a list of references stands for: one, or several where its field of the DOI names several."""
    if isinstance(entry, BrokenRecord):
        yield entry
        return
    if document.get("policy_id"):
        used.add("policy_id")
    if document.get("title"):
        used.add("title")
    links = (entry.fields.get(k, "") for k in ("url", "ee", "link", "howpublished", "note"))
    doi = entry.fields.get("doi") or next((m[0] for u in links if (m := _LINK.search(u))), None)
    base = Citation(
        entry.line,
        document.get("policy_id") or stem,
        doi,
        group=stem if document.get("policy_id") else None,
        title=document.get("title") or stem,
        cited_title=entry.fields.get("title"),
    )
    for one in read_dois(doi) if doi else [None]:
        yield _with(replace(base, reading=one), document, used)


def _with(record: Citation | BrokenRecord, document: Mapping[str, str], used: set[str]) -> Citation | BrokenRecord:
    """Facts given on the command line fill what the record lacks."""
    if isinstance(record, BrokenRecord) or not document:
        return record
    facts: dict[str, Any] = {k: v for k, v in document.items() if k != "policy_id" and getattr(record, k) is None}
    used.update(facts)
    return replace(record, **facts)


def _note(documents: dict[str, dict[str, Any]], record: Citation, tally: Tally) -> None:
    """What the record says about its document; the first value given for a fact counts."""
    kind = organisation_type(record.organisation_type)
    if kind is None and record.organisation_type:
        tally.add("citations by an unknown type of organisation, counted as other", record.organisation_type)
    known = documents.setdefault(record.policy_id, dict.fromkeys(_DOCUMENT))
    place, year = read_country(record.country), year_of(record.year)
    facts = {
        "title": record.title,
        "organisation": record.organisation,
        "organisation_type": kind,
        "country_code": place.value,
        "year": year,
    }
    if place.reason in ("country-unknown", "country-former"):
        tally.add("citations by documents whose country is not known", record.country)
    if year is None and not is_missing(record.year):
        tally.add("citations by documents whose year is not understood", record.year)
    for key, value in facts.items():
        if known[key] is None:
            known[key] = value


def _write(
    store: Store,
    citations: dict[tuple[str, str], set[str]],
    documents: dict[str, dict[str, Any]],
    logs: list[FileLog],
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
        write_log(txn, "policy", logs, fresh=fresh)
