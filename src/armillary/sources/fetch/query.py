"""What is asked of the OpenAlex API, cut into pieces that it takes: 100 values joined by ``|``, addresses of 8,190 bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode

from armillary.errors import InputError, UsageError
from armillary.sources.fetch.allowance import facts

BASE = "https://api.openalex.org"
ENTITIES = ("works", "institutions", "sources", "topics", "authors")
CORPORA = ("core", "expansion", "all")
SEARCHES = ("all", "title", "exact", "semantic")
_ROOM = 700
"""Bytes of an address that are left for the key and the cursor."""
_LONGEST_NOTED = 2_000


@dataclass(frozen=True)
class Selection:
    """What is asked for. ``per_page`` is at most 100 (200 for groups); ``search_in``: one of :data:`SEARCHES`."""

    entity: str = "works"
    filter: str | None = None
    search: str | None = None
    per_page: int = 100
    base: str = BASE
    search_in: str = "all"
    corpus: str | None = None
    select: str | None = None
    sort: str | None = None
    sample: int | None = None
    seed: int | None = None
    group_by: str | None = None

    @property
    def address(self) -> str:
        """Where it is asked, for messages."""
        return f"{self.base.rstrip('/')}/{self.entity}"

    @property
    def is_search(self) -> bool:
        """Whether it costs what a search costs."""
        return self.search is not None or re.search(r"(^|,)\s*[\w.]*\.search(\.\w+)?:", self.filter or "") is not None

    @property
    def pages_by_number(self) -> bool:
        """A sample has no cursor."""
        return self.sample is not None

    def check(self) -> None:
        """:class:`UsageError` for what the API does not take, or what would have no effect."""
        if self.corpus is not None and self.entity != "works":
            raise UsageError(f"only works have a corpus, {self.entity} do not", fix="leave --corpus out")
        if self.seed is not None and self.sample is None:
            raise UsageError("--seed is for a sample", fix="add --sample, or leave it out")
        if self.search_in != "all" and self.search is None:
            raise UsageError("--search-in is for a search", fix="add --search, or leave it out")
        if self.sample is not None and self.sort is not None:
            raise UsageError("a sample has no order", fix="leave --sort or --sample out")
        if self.group_by is not None and (given := [o for o in ("select", "sort", "sample") if getattr(self, o) is not None]):
            raise UsageError(f"groups are counts, for which --{given[0]} means nothing", fix=f"leave --{given[0]} or --group-by out")

    def parameters(self) -> dict[str, str]:
        """All of it but the filter, the place in the list and the key."""
        search = "search" if self.search_in == "all" else f"search.{self.search_in}"
        wanted = {
            search: self.search,
            "corpus": self.corpus,
            "select": self.select,
            "sort": self.sort,
            "sample": self.sample,
            "seed": self.seed,
            "group_by": self.group_by,
            # 200 groups a page cannot be changed, and whoever says another number is refused
            "per_page": self.per_page if self.group_by is None else None,
        }
        return {k: str(v) for k, v in wanted.items() if v is not None}

    def pieces(self) -> list[dict[str, str]]:
        """Parameters of the queries that together are this one: its lists of values cut so that each is taken.

        A record that answers several of them comes several times. :class:`UsageError` if it cannot be cut.
        """
        rest = self.parameters()
        if not self.filter:
            if self._length(rest) > facts()["address_bytes"]:
                raise UsageError("the search is too long for an address", fix="shorten --search")
            return [rest]
        conditions = [_Condition.of(text) for text in _split(self.filter, ",")]
        lists = [c.cut(len(c.values) if len(c.values) <= facts()["values"] else facts()["values"]) for c in conditions]
        while any(self._length(rest | {"filter": f}) > facts()["address_bytes"] for f in _joined(lists)):
            sizes = [max(len(c.values) for c in cut) for cut in lists]
            may_be_cut = [k for k, n in enumerate(sizes) if n > 1 and not conditions[k].is_negated]
            if not may_be_cut:
                raise UsageError("the filter is too long for an address and cannot be cut", fix="shorten --filter or --search")
            longest = max(may_be_cut, key=lambda k: max(len(c.text) for c in lists[k]))
            lists[longest] = conditions[longest].cut(-(-sizes[longest] // 2))
        made = [rest | {"filter": f} for f in _joined(lists)]
        if len(made) > 1 and (given := [o for o in ("sort", "sample", "group_by") if getattr(self, o) is not None]):
            what = f"the filter must be asked in {len(made):,} pieces, and --{given[0].replace('_', '-')} would be kept within each only"
            raise UsageError(what, fix=f"give fewer values, or leave --{given[0].replace('_', '-')} out")
        return made

    def noted(self) -> dict[str, Any]:
        """For the state file: all fields; a long filter as its hash, because the file is written after each page."""
        made = asdict(self)
        if self.filter and len(self.filter) > _LONGEST_NOTED:
            digest = hashlib.sha256(self.filter.encode()).hexdigest()[:16]
            made["filter"] = f"{self.filter[:80]}... ({len(self.filter):,} characters, sha256 {digest})"
        return made

    def _length(self, parameters: dict[str, str]) -> int:
        return len(f"{self.address}?{urlencode(parameters, quote_via=quote_plus)}".encode()) + _ROOM


def noted_before(state: dict[str, Any]) -> dict[str, Any]:
    """What an earlier version noted, with today's fields."""
    return {f.name: state.get(f.name, f.default) for f in fields(Selection)}


@dataclass(frozen=True)
class _Condition:
    """``attribute:value|value`` of a filter."""

    attribute: str
    values: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> _Condition:
        attribute, colon, values = text.partition(":")
        if not colon or not attribute.strip() or not values.strip():
            raise UsageError(f"'{text[:60]}' is no filter", fix="write attribute:value, several with commas between them")
        made = cls(attribute.strip(), tuple(_split(values, "|")))
        if made.is_negated and len(made.values) > facts()["values"]:
            what = f"a list that excludes {len(made.values):,} values cannot be asked in pieces"
            raise UsageError(what, where=made.attribute, fix=f"give at most {facts()['values']}")
        return made

    @property
    def text(self) -> str:
        return f"{self.attribute}:{'|'.join(self.values)}"

    @property
    def is_negated(self) -> bool:
        return any(v.lstrip().startswith("!") for v in self.values)

    def cut(self, size: int) -> list[_Condition]:
        n = max(1, size)
        return [_Condition(self.attribute, self.values[k : k + n]) for k in range(0, len(self.values), n)]


def _joined(lists: list[list[_Condition]]) -> Iterator[str]:
    return (",".join(c.text for c in combination) for combination in product(*lists))


def _split(text: str, mark: str) -> list[str]:
    """Pieces between ``mark`` outside of double quotes."""
    pieces, is_quoted = [""], False
    for c in text:
        is_quoted ^= c == '"'
        if c == mark and not is_quoted:
            pieces.append("")
        else:
            pieces[-1] += c
    return [p for p in pieces if p.strip()]


def with_values(text: str) -> str:
    """A filter in which ``attribute:@FILE`` stands for the values in a file, one a line."""
    return ",".join(_from_file(c) if ":@" in c else c for c in _split(text, ","))


def _from_file(condition: str) -> str:
    attribute, _, name = condition.partition(":@")
    try:
        lines = Path(name).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=name, fix="check the path") from error
    except UnicodeDecodeError as error:
        raise InputError("is no text in UTF-8", where=name, fix="save it as plain text, one value a line") from error
    values = [(k, v) for k, line in enumerate(lines, 1) if (v := line.strip())]
    for k, value in values:
        if "," in value or "|" in value:
            raise InputError(f"'{value[:60]}' has a comma or a bar, which separate values", where=f"{name}:{k}", fix="leave this line out")
    if not values:
        raise InputError("has no values", where=name, fix="write one value a line")
    return f"{attribute}:{'|'.join(dict.fromkeys(v for _, v in values))}"
