"""Records as references for other programs: RIS (Zotero, EndNote), BibTeX, CSL-JSON (Pandoc, citeproc)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis

from armillary.core import durable
from armillary.core.corpus import Corpus
from armillary.core.titles import clean_title
from armillary.errors import InputError

_TYPES: dict[str, tuple[str, str, str]] = {
    "article": ("JOUR", "article", "article-journal"),
    "review": ("JOUR", "article", "article-journal"),
    "letter": ("JOUR", "article", "article-journal"),
    "editorial": ("JOUR", "article", "article-journal"),
    "erratum": ("JOUR", "article", "article-journal"),
    "data-paper": ("JOUR", "article", "article-journal"),
    "software-paper": ("JOUR", "article", "article-journal"),
    "conference-paper": ("CPAPER", "inproceedings", "paper-conference"),
    "book": ("BOOK", "book", "book"),
    "book-chapter": ("CHAP", "incollection", "chapter"),
    "dissertation": ("THES", "phdthesis", "thesis"),
    "report": ("RPRT", "techreport", "report"),
    "dataset": ("DATA", "misc", "dataset"),
    "preprint": ("UNPB", "misc", "article"),
}
"""Type of a work -> RIS, BibTeX, CSL; whatever else a work is: GEN, misc, document."""
_OTHER = ("GEN", "misc", "document")


@dataclass(frozen=True, slots=True)
class RecordReference:
    """One record. ``authors`` are names as printed, in order, none left out but those the record itself lacks (``is_cut``)."""

    work_id: int
    title: str
    year: int | None
    doi: str | None
    source: str | None
    issn: str | None
    type: str | None
    authors: tuple[str, ...]
    is_cut: bool
    is_retracted: bool

    @property
    def kinds(self) -> tuple[str, str, str]:
        """RIS, BibTeX and CSL type."""
        return _TYPES.get(self.type or "", _OTHER)

    @property
    def note(self) -> str:
        """What a reader of the reference must know."""
        return " ".join(
            x for x in ("Retracted." if self.is_retracted else "", "Author list cut in the record." if self.is_cut else "") if x
        )


def references(corpus: Corpus, works: Sequence[int]) -> list[RecordReference]:
    """The records of these works (ids as integers), in their order; a work that is not in the data is left out."""
    wanted = ibis.memtable({"work_id": list(works)}, schema={"work_id": "int64"})
    work, source, byline = corpus.table("work"), corpus.table("source"), corpus.table("authorship")
    mine = work.semi_join(wanted, "work_id")
    names = source.select("source_id", "issn_l", source_name=source.name)
    columns = ("work_id", "title", "year", "doi", "type", "is_retracted", "is_authors_truncated", "source_name", "issn_l")
    rows = {r["work_id"]: r for r in corpus.fetch(mine.left_join(names, "source_id").select(*columns)).to_pylist()}
    people: dict[int, list[tuple[int, str]]] = {}
    shown = byline.semi_join(wanted, "work_id").select("work_id", "author_seq", "author_name")
    for r in corpus.fetch(shown).to_pylist():
        people.setdefault(r["work_id"], []).append((r["author_seq"], _line(r["author_name"] or "[no name]")))
    return [
        RecordReference(
            w,
            clean_title(r["title"]),
            r["year"],
            r["doi"],
            _line(r["source_name"] or "") or None,
            r["issn_l"],
            r["type"],
            tuple(n for _, n in sorted(people.get(w, []))),
            bool(r["is_authors_truncated"]),
            bool(r["is_retracted"]),
        )
        for w in dict.fromkeys(works)
        if (r := rows.get(w)) is not None
    ]


def ris(found: Sequence[RecordReference]) -> str:
    """RIS, a tag a line; names stand as printed, since records do not say what is a family name."""
    out = []
    for r in found:
        lines: list[tuple[str, object]] = [("TY", r.kinds[0]), ("ID", f"W{r.work_id}"), ("TI", r.title), *(("AU", a) for a in r.authors)]
        lines += [("PY", r.year), ("T2", r.source), ("SN", r.issn), ("DO", r.doi), ("UR", _address(r)), ("N1", r.note)]
        out += [f"{tag}  - {_line(str(value))}" for tag, value in lines if value] + ["ER  - ", ""]
    return "\n".join(out)


def bibtex(found: Sequence[RecordReference]) -> str:
    """BibTeX in UTF-8; each name in braces, so that none is taken apart."""
    out = []
    for r in found:
        holder = "booktitle" if r.kinds[1] in ("inproceedings", "incollection") else "journal"
        fields = [("title", f"{{{_tex(r.title)}}}" if r.title else ""), ("author", " and ".join(f"{{{_tex(a)}}}" for a in r.authors))]
        fields += [("year", str(r.year or "")), (holder, _tex(r.source or "")), ("issn", r.issn or "")]
        fields += [("doi", _tex(r.doi or "")), ("url", _address(r)), ("note", r.note)]
        body = "".join(f"  {k} = {{{v}}},\n" for k, v in fields if v)
        out.append(f"@{r.kinds[1]}{{W{r.work_id},\n{body}}}\n")
    return "\n".join(out)


def csl(found: Sequence[RecordReference]) -> str:
    """CSL-JSON; names are literal."""
    out = []
    for r in found:
        item: dict[str, Any] = {
            "id": f"W{r.work_id}",
            "type": r.kinds[2],
            "title": r.title,
            "author": [{"literal": a} for a in r.authors],
            "issued": {"date-parts": [[r.year]]} if r.year else None,
            "container-title": r.source,
            "ISSN": r.issn,
            "DOI": r.doi,
            "URL": _address(r),
            "note": r.note,
        }
        out.append({k: v for k, v in item.items() if v})
    return json.dumps(out, ensure_ascii=False, indent=1) + "\n"


FORMATS: dict[str, Callable[[Sequence[RecordReference]], str]] = {".ris": ris, ".bib": bibtex, ".json": csl}


def write_references(found: Sequence[RecordReference], path: Path) -> None:
    """Write ``.ris``, ``.bib`` or ``.json`` (CSL), as the ending says."""
    made = FORMATS.get(path.suffix.casefold())
    if made is None:
        fix = "end the name in .ris, .bib or .json (CSL)"
        raise InputError(f"cannot write references as '{path.suffix or path.name}'", where=path, fix=fix)
    durable.write(path, made(found))


def _address(r: RecordReference) -> str:
    return f"https://doi.org/{r.doi}" if r.doi else f"https://openalex.org/W{r.work_id}"


def _line(text: str) -> str:
    """Text on one line, without what would steer a reader."""
    return clean_title(text)


_TEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {c: f"\\{c}" for c in "{}%#&_$"}


def _tex(text: str) -> str:
    return re.sub(r"[\\~^{}%#&_$]", lambda m: _TEX[m[0]], _line(text))
