"""The rule book: what "METHODS 5.4" means. Its sections by number, the citations in a text, and the bibliography.

The chapters are the Markdown files of ``docs/methods``; an installed package carries them along. A citation is ``METHODS`` and section
numbers (``5.4``), worked examples (``T5.4``) or chapters (``5``), several joined by commas, "and", "to" or a hyphen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from armillary.errors import StoreError, UnknownNameError

_ANCHOR = re.compile(r'<a id="([mt][\d-]+)"></a>')
_HEADING = re.compile(r"^(#{1,3}) (\d+(?:\.\d+)?)\.? (.+)$")
_EXAMPLE = re.compile(r"\*\*(T\d+\.\d+)\*\*")
_ITEM = re.compile(r"^(\d+)\. ")
_GAP = r"\s+(?:#\s*)?"
_NUMBER = r"T?\d+(?:\.\d+)*"
_MORE = rf"(?:(?:,{_GAP}|\s+and{_GAP}|\s+to{_GAP}|-)(?:T?\d+\.\d+(?:\.\d+)*))*"
_CITATION = re.compile(rf"\bMETHODS{_GAP}(?:section{_GAP})?({_NUMBER}{_MORE})(?:{_GAP}\((\d+\.\d+(?:,{_GAP}\d+\.\d+)*)\))?")
_ENTRY = re.compile(r"(?ms)^@(\w+)\{([\w-]+),(.*?)\}\s*(?=^@|^%|\Z)")
_FIELD = re.compile(r"(\w+)\s*=\s*\{((?:[^{}]|\{[^{}]*\})*)\}")


@dataclass(frozen=True, slots=True)
class Rule:
    """One place of the rule book: a chapter (``5``), a section (``5.4``), an item of a list (``12.1.5``) or an example (``T5.4``).

    ``page`` is the chapter's file without its ending, ``text`` the Markdown of the place without anchors.
    """

    number: str
    title: str
    page: str
    anchor: str
    text: str

    @property
    def chapter(self) -> str:
        """The number of its chapter."""
        return self.number.lstrip("T").split(".")[0]

    def url(self, base: str = "docs/methods/", ending: str = ".md") -> str:
        """Its address below ``base``: a file of the repository, or with ``ending=".html"`` a page of the built documentation."""
        return f"{base}{self.page}{ending}#{self.anchor}"


@dataclass(frozen=True, slots=True)
class RuleCitation:
    """One citation in a text: from ``start`` to ``end`` stands the number of one rule; ``formulas`` are those named with it."""

    start: int
    end: int
    number: str
    formulas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry of the bibliography."""

    key: str
    authors: str
    title: str
    year: str
    where: str
    doi: str

    @property
    def line(self) -> str:
        """The entry as one line of text."""
        parts = [self.authors, f"({self.year})" if self.year else "", f"{self.title}.", self.where, f"doi:{self.doi}" if self.doi else ""]
        return " ".join(p for p in parts if p)


def folder() -> Path:
    """Where the chapters are: beside this file in an installed package, in ``docs/methods`` of the repository else."""
    here = Path(__file__).resolve()
    for found in (here.parent / "rulebook", here.parents[3] / "docs" / "methods"):
        if found.is_dir():
            return found
    raise StoreError("the rule book is not part of this installation", where=here.parent, fix="install armillary again")


@cache
def chapters() -> dict[str, str]:
    """The Markdown of each chapter by page name, in order."""
    return {p.stem: p.read_text(encoding="utf-8") for p in sorted(folder().glob("[0-9]*.md"))}


@cache
def rules() -> dict[str, Rule]:
    """Every place that can be cited, by number, in the order of the book."""
    found: dict[str, Rule] = {}
    for page, text in chapters().items():
        lines = text.splitlines()
        heads = [(i, m) for i, line in enumerate(lines) if (m := _HEADING.match(line))]
        for (i, m), after in zip(heads, [*(j for j, _ in heads[1:]), len(lines)], strict=True):
            number = m[2]
            own = lines[i:after]
            found[number] = Rule(number, m[3], page, "m" + number.replace(".", "-"), _plain("\n".join(own)))
            for line in own[1:]:
                if example := _EXAMPLE.search(line):
                    n = example[1]
                    found[n] = Rule(n, f"Worked example {n}", page, n.lower().replace(".", "-"), _plain(line))
                elif (item := _ITEM.match(line)) and (anchor := _ANCHOR.search(line)):
                    n = f"{number}.{item[1]}"
                    found[n] = Rule(n, f"{m[3]}, {item[1]}", page, anchor[1], _plain(line))
    return found


def rule(number: str) -> Rule:
    """The rule of that number, with or without ``METHODS`` before it; :class:`UnknownNameError` suggests near ones."""
    wanted = number.strip().removeprefix("METHODS").strip()
    wanted = wanted[:1].upper() + wanted[1:]
    if wanted not in rules():
        raise UnknownNameError("section of the rule book", number, rules())
    return rules()[wanted]


def citations(text: str) -> list[RuleCitation]:
    """Every number cited in a text, in order, whether the rule book has it or not."""
    found: list[RuleCitation] = []
    for m in _CITATION.finditer(text):
        numbers = list(re.finditer(_NUMBER, m[1]))
        formulas = tuple(re.findall(r"\d+\.\d+", m[2] or ""))
        for n in numbers:
            last = n is numbers[-1]
            found.append(RuleCitation(m.start(1) + n.start(), m.start(1) + n.end(), n[0], formulas if last else ()))
    return found


def cited(text: str) -> list[Rule]:
    """The rules that a text cites, each once, in order; :class:`UnknownNameError` for a citation that leads nowhere."""
    return [rule(n) for n in dict.fromkeys(c.number for c in citations(text))]


def linked(text: str, link: Callable[[str, Rule], str], plain: Callable[[str], str] = str) -> str:
    """The text with each cited number replaced by ``link(number, rule)``; what stands between goes through ``plain``."""
    out, at = [], 0
    for c in citations(text):
        if c.number in rules():
            out += [plain(text[at : c.start]), link(text[c.start : c.end], rules()[c.number])]
            at = c.end
    return "".join([*out, plain(text[at:])])


@cache
def references() -> dict[str, Reference]:
    """The bibliography ``references.bib`` by key."""
    found: dict[str, Reference] = {}
    for m in _ENTRY.finditer((folder() / "references.bib").read_text(encoding="utf-8")):
        f = {k.lower(): _untex(v) for k, v in _FIELD.findall(m[3])}
        names = [" ".join(reversed(n.split(", "))) for n in f.get("author", "").split(" and ")]
        volume = f.get("volume", "") + (f"({f['number']})" if "number" in f else "")
        place = f.get("journal") or f.get("booktitle") or f.get("howpublished") or f.get("publisher") or ""
        eprint = f"arXiv:{f['eprint']}" if "eprint" in f else ""
        where = ", ".join(w for w in (" ".join(p for p in (place, volume) if p), f.get("pages", ""), eprint, f.get("note", "")) if w)
        authors = ", ".join(names) if len(names) <= 4 else f"{names[0]} and others"
        found[m[2]] = Reference(m[2], authors, f.get("title", ""), f.get("year", ""), f"{where}." if where else "", f.get("doi", ""))
    return found


def _untex(value: str) -> str:
    return value.replace("{", "").replace("}", "").replace("--", "-").replace("`", "'").strip()


def _plain(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", _ANCHOR.sub("", text)).strip()
