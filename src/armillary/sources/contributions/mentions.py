"""Finding authors in a contribution statement: initials in all their spellings, full names, surnames, "all authors".

The text comes back with each mention replaced by a token ``\\x01<numbers>\\x02``, so that the grammar above never sees a name.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

START, END = "\x01", "\x02"
TOKEN = re.compile(START + r"([\d,*?]*)" + END)
ALL = "*"
UNKNOWN = "?"

_LETTERS = str.maketrans("øØłŁđĐßıæÆ", "oOlLdDsiaA")
_TAG = re.compile(r"<[^<>]{1,200}>")
_DASHES = re.compile("[‐‑‒–—−]")
_SUFFIX = {"jr", "sr", "ii", "iii", "iv", "phd", "md"}
# K.P.L.  Y.-M.K.  Y.-s.L.  R.D.d.V.  B.v.V.  Ji.L.  A.Bagn.  V.I.K (last point left out)
_INITIALS = re.compile(
    r"(?<![\w.])(?!Figs?\.|Tabs?\.|Ref\.|Eqs?\.|Sec\.|Dr\.|Mr\.|St\.)"
    r"[A-Z][a-z]{0,2}\.-?(?:[A-Za-z][a-z]{0,7}\.-?){0,5}(?:[A-Z][a-z]{0,7})?(?!\w)"
)
_SPACED = re.compile(r"(?<![\w.])[A-Z]\.(?: [A-Z]\.){1,3}(?!\w)")
"""``A. B.``: initials parted by blanks."""
_BARE = re.compile(r"(?<![\w.-])[A-Z](?:-?[A-Za-z]){0,1}(?:-?[A-Z]){1,3}(?![\w.]*\w)")
_BARE_HEAD = re.compile(_BARE.pattern + r"(?=\s*[:=])")
"""Where other authors have points: only before a colon, as a head of what its author did."""
_EVERYBODY = re.compile(
    r"\b(?:all|both|each)(?: of)?(?: the)?(?: other| remaining| co-?| contributing)? ?-?(?:co-?)?(?:authors?|coauthors?|investigators)\b"
    r"|\bevery(?:one| author)\b|\bthe (?:co-?)?authors\b|\ball (?:members|contributors)\b|\beach author\b",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """Plain text: no markup, one kind of dash, single blanks."""
    plain = html.unescape(_TAG.sub("", text)).replace("\xa0", " ")
    return " ".join(_DASHES.sub("-", plain).split())


def fold(text: str) -> str:
    """ASCII capitals without accents."""
    return unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode()


def in_order(name: str) -> str:
    """A name with the surname last: ``Bee, Ann`` is ``Ann Bee``; ``Ann Bee, PhD`` stays."""
    family, comma, given = name.partition(",")
    if not comma or "," in given or not family.strip() or not given.strip():
        return name
    return name if re.sub(r"[^a-z]", "", given.casefold()) in _SUFFIX else f"{given.strip()} {family.strip()}"


def _parts(name: str) -> list[str]:
    words = [w for w in re.split(r"[\s\-‐‑–.]+", fold(clean(name)).replace(",", " ")) if w]
    while len(words) > 2 and words[-1].casefold() in _SUFFIX:
        words.pop()
    return [re.sub(r"[^A-Za-z]", "", w) for w in words if re.sub(r"[^A-Za-z]", "", w)]


def keys_of(name: str) -> list[tuple[str, ...]]:
    """Initials under which a name may appear, best first, in groups of equal rank: all letters; without particles; first and last."""
    parts = _parts(name)
    if not parts:
        return []
    full = "".join(p[0] for p in parts).upper()
    capital = "".join(p[0] for p in parts if p[0].isupper()).upper()
    # JoAnn, McDonald: a capital inside a word may be written as an initial of its own
    shouted = any(p.isupper() and len(p) > 2 for p in parts)
    inner = full if shouted else "".join("".join(re.findall(r"[A-Z]", p)) or p[0] for p in parts).upper()
    short = (parts[0][0] + parts[-1][0]).upper()
    hyphen = re.sub(r"([A-Za-z]+)[-‐‑–]([A-Za-z]+)", r"\1\2", fold(clean(name)))
    joined = "".join(p[0] for p in _parts(hyphen)).upper()
    ranks = [(full,), (inner, capital, joined), (short,)]
    seen: set[str] = set()
    out = []
    for rank in ranks:
        fresh = tuple(k for k in rank if k not in seen and len(k) > 1)
        seen.update(fresh)
        if fresh:
            out.append(fresh)
    return out


class Names:
    """The authors of one paper, ready to be found in its statement (numbers count from 0 in byline order)."""

    def __init__(self, authors: Sequence[str]) -> None:
        self.authors = list(authors)
        self._ranks: list[dict[str, list[int]]] = [defaultdict(list) for _ in range(3)]
        self._parts: list[list[str]] = []
        full: dict[str, list[int]] = defaultdict(list)
        last: dict[str, list[int]] = defaultdict(list)
        for number, name in enumerate(map(in_order, authors)):
            for rank, keys in enumerate(keys_of(name)[:3]):
                for key in keys:
                    self._ranks[rank][key].append(number)
            parts = _parts(name)
            self._parts.append([p.casefold() for p in parts])
            plain = fold(clean(name)).casefold()
            full[plain].append(number)
            if parts and len(parts[-1]) > 2:
                last[parts[-1].casefold()].append(number)
                full[f"{parts[0][0]}. {parts[-1]}".casefold()].append(number)
        self._names = {**{k: v for k, v in last.items() if len(v) == 1}, **{k: v for k, v in full.items() if len(v) == 1 and len(k) > 3}}
        listed = sorted(self._names, key=len, reverse=True)
        self._pattern = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, listed)) + r")(?!\w)", re.IGNORECASE) if listed else None

    def resolve(self, text: str) -> list[int]:
        """Authors that a string of initials may mean: one if it is clear, several if not, none if it fits nobody."""
        pieces = re.findall(r"[A-Za-z][a-z]*", fold(text))
        key = "".join(p[0] for p in pieces).upper()
        for rank in self._ranks:
            found = sorted(set(rank.get(key, ())))
            if len(found) > 1:
                # Ju.L. and Ji.L., A.Bagn. and A.Baga.: more letters of a name tell two authors apart
                found = [n for n in found if self._fits(n, pieces)] or found
            if found:
                return found
        if len(key) > 2:
            # a middle initial that only the statement, or only the byline, gives
            return sorted(set(self._ranks[2].get(key[0] + key[-1], ())) | set(self._ranks[0].get(key[0] + key[-1], ())))
        return sorted({n for k, v in self._ranks[0].items() if len(key) == 2 and k[0] == key[0] and k[-1] == key[-1] for n in v})

    def _fits(self, number: int, pieces: list[str]) -> bool:
        parts = self._parts[number]
        return parts[0].startswith(pieces[0].casefold()) and (len(pieces) < 2 or parts[-1].startswith(pieces[-1].casefold()))

    def mark(self, text: str) -> tuple[str, int, int]:
        """The statement with tokens for its mentions, how many mentions were clear, and how many looked like initials but fit nobody
        or several."""
        clear, lost = 0, 0

        def spaced(match: re.Match[str]) -> str:
            key = re.sub(r"[^A-Z]", "", match[0])
            return match[0].replace(" ", "") if any(key in rank for rank in self._ranks) else match[0]

        def initials(match: re.Match[str]) -> str:
            nonlocal clear, lost
            if sum(c.isalpha() for c in match[0]) < 2 or not re.search(r"[A-Z].*[A-Z]|[A-Z][a-z]?\.-?[a-z]\.", match[0]):
                return match[0]  # the genus of "D. melanogaster", an abbreviation
            found = self.resolve(match[0])
            if len(found) == 1:
                clear += 1
                return f"{START}{found[0]}{END}"
            lost += 1
            return f"{START}{UNKNOWN}{','.join(map(str, found))}{END}"

        def bare(match: re.Match[str]) -> str:
            # capitals without points are as often DNA or TEM: only a clear author counts
            nonlocal clear
            key = re.sub(r"[^A-Za-z]", "", match[0]).upper()
            found = sorted({n for rank in self._ranks[:2] for n in rank.get(key, ())})
            if len(found) != 1 or key in _NOT_NAMES:
                return match[0]
            clear += 1
            return f"{START}{found[0]}{END}"

        def name(match: re.Match[str]) -> str:
            nonlocal clear
            clear += 1
            return f"{START}{self._names[match[0].casefold()][0]}{END}"

        marked = _EVERYBODY.sub(f"{START}{ALL}{END}", _SPACED.sub(spaced, clean(text)))
        if self._pattern is not None:
            marked = _on_folded(self._pattern, name, marked)
        marked = _INITIALS.sub(initials, marked)
        only_heads = re.search(START + r"\d", marked) is not None
        marked = (_BARE_HEAD if only_heads else _BARE).sub(bare, marked)
        return marked, clear, lost


def _on_folded(pattern: re.Pattern[str], replace: object, text: str) -> str:
    """Apply a pattern to accent-free text if folding keeps the length, else to the text itself."""
    plain = "".join(c if len(fold(c)) != 1 else fold(c) for c in text)
    return pattern.sub(replace, plain)  # type: ignore[call-overload,no-any-return]


_NOT_NAMES = frozenset(
    {
        "DNA",
        "RNA",
        "TEM",
        "SEM",
        "PCR",
        "NMR",
        "EM",
        "XRD",
        "AFM",
        "STM",
        "DFT",
        "MD",
        "CT",
        "MRI",
        "UV",
        "IR",
        "AI",
        "US",
        "UK",
        "EU",
        "PI",
        "QC",
        "ML",
    }
)
