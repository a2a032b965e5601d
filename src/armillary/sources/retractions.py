"""Lists of retracted works: plain ones, and Retraction Watch by the nature of each notice.

Retraction Watch lists notices, not works: an expression of concern or a correction retracts nothing, and a reinstatement takes a
retraction back. Of several notices on one work the latest retraction or reinstatement decides.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from armillary.errors import InputError
from armillary.sources.files import read_text
from armillary.sources.values.date import day_order, read_date
from armillary.sources.values.doi import read_doi, read_dois
from armillary.sources.values.reading import Tally
from armillary.sources.values.table import Record, find_column, read_records, sniff_table

_FIX = "give a table with work_id or doi, or the table of Retraction Watch"
_SAMPLE = 1 << 16
_EARLIEST = (0, 0, 0)
_NATURES = (
    "retractionnature",
    "retraction_nature",
    "nature",
    "nature_of_notice",
    "update_type",
    "updatetype",
    "update_nature",
    "notice_type",
    "notice",
    "retraction_type",
)
_NO = frozenset({"false", "f", "no", "n", "0", "0.0"})


@dataclass(slots=True)
class RetractionList:
    """Works that are retracted, by OpenAlex number or DOI; ``notices`` counts rows by nature, ``notes`` says what was not understood."""

    works: set[int] = field(default_factory=set)
    dois: set[str] = field(default_factory=set)
    notices: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def read_retraction_list(path: Path) -> RetractionList:
    """Read a list. A column ``RetractionNature`` makes it one of notices; :class:`InputError` if neither works nor DOIs are in it."""
    text = read_text(path)
    layout = sniff_table(text[:_SAMPLE], is_whole=len(text) <= _SAMPLE)
    records = list(read_records(text, layout))
    header = records[0].values if records else ()
    if header and (_number(header[0]) is not None or read_doi(header[0]).value is not None):  # a list without a header
        records = [Record(0, ("work_id" if _number(header[0]) is not None else "doi", *header[1:])), *records]
        header = records[0].values
    work, doi = find_column(header, "work_id", "openalex_id"), find_column(header, "originalpaperdoi", "original_paper_doi", "doi")
    day = find_column(header, "retractiondate", "retraction_date", "updated", "update_date", "notice_date")
    if work is None and doi is None:
        raise InputError("no column OriginalPaperDOI or doi or work_id", where=path, fix=_FIX)
    told = find_column(header, "is_retracted", "retracted")
    rows = [dict(zip(header, r.values, strict=False)) for r in records[1:] if not r.problem]
    nature = find_column(header, *_NATURES) or _telling(find_column(header, "type", "kind", "status"), rows)
    order = day_order(r.get(day or "") for r in rows)
    out, tally = RetractionList(), Tally()
    tally.add("records that cannot be read", "", sum(bool(r.problem) for r in records))
    state: dict[int | str, tuple[tuple[int, int, int], int, bool]] = {}
    for row in rows:
        if told and (row.get(told) or "").strip().casefold() in _NO:
            tally.add("rows say that the work is not retracted", row.get(told))
            continue
        kind = _kind(row.get(nature or "", "")) if nature else "retraction"
        out.notices[kind] += 1
        if kind == "unknown":
            tally.add("notices of a nature that is not known; they retract nothing", row.get(nature or "", ""))
        if kind not in ("retraction", "reinstatement"):
            continue
        date = read_date(row.get(day or ""), first=order).value if day else None
        when = (date.year, date.month or 0, date.day or 0) if date else _EARLIEST
        keys: list[int | str] = [n for n in (_number(row.get(work or "")),) if n is not None]
        for reading in read_dois(row.get(doi or "")) if not keys and doi else []:
            if reading.value is not None:
                keys.append(reading.value)
            elif reading.reason != "doi-missing" and (row.get(doi or "") or "").strip().casefold() != "unavailable":
                tally.add("DOIs of retracted works not understood", row.get(doi or ""))
        if kind == "retraction" and not keys and (row.get(doi or "") or "").strip().casefold() in ("", "unavailable"):
            tally.add("retractions name no DOI and cannot be matched", row.get("Title") or row.get("title") or "")
        # at one date, or without dates, a reinstatement follows what it takes back
        mine = (when, int(kind == "reinstatement"), kind == "retraction")
        for key in keys:
            if kind == "reinstatement" and date is None:
                mine = ((9999, 0, 0), 1, False)
            state[key] = max(state.get(key, mine), mine)
    for key, (_, _, is_retracted) in state.items():
        if is_retracted:
            out.works.add(key) if isinstance(key, int) else out.dois.add(key)
    others = {k: n for k, n in out.notices.items() if k not in ("retraction", "unknown")}
    if others:
        counted = ", ".join(f"{n:,} {k}" for k, n in sorted(others.items()))
        out.notes.append(f"{out.notices['retraction']:,} of {sum(out.notices.values()):,} notices are retractions (others: {counted})")
    out.notes += tally.lines()
    return out


def _telling(column: str | None, rows: list[dict[str, str]]) -> str | None:
    """A column that may say what a notice is, if it does for one row at least."""
    return column if column and any(_kind(r.get(column)) != "unknown" for r in rows) else None


def _kind(text: str | None) -> str:
    word = " ".join(re.sub(r"[^a-z]+", " ", (text or "").casefold()).split())
    word = re.sub(r"^(?:notice|note|statement) of ", "", word)
    if word.startswith(("retraction", "retracted", "retract", "withdraw", "removal", "removed", "partial retraction")):
        return "retraction"
    if word.startswith(("reinstat", "un retract", "unretract")):
        return "reinstatement"
    if "concern" in word:
        return "expression of concern"
    if word.startswith(("correct", "erratum", "corrigend")):
        return "correction"
    return "unknown"


def _number(text: str | None) -> int | None:
    found = re.fullmatch(r"(?:https?://openalex\.org/)?(?:works/)?[Ww]?(\d{1,18})", (text or "").strip(), re.ASCII)
    return int(found[1]) if found else None
