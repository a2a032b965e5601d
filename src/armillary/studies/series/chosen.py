"""One series of one source and vintage as rows: from an observatory, or from the tables that ship."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from armillary import registry
from armillary.errors import UnknownNameError, UsageError
from armillary.registry import world
from armillary.sources.series import known_code, scaled, unit_text
from armillary.sources.series.places import is_aggregate
from armillary.sources.series.rows import measure

Best = Literal["high", "low", "none"]
ENOUGH = 0.75
"""A year stands for a series when so large a part of the units of its best year have a value."""
_RATIO = re.compile(r"\b(per|percent|percentage|share|score|rank|index|ratio|rate)\b|%|^p[tc]_")
_NATIONAL = ("national currency", "XDC", "NAC", "MIO_NAC", "_NC")


@dataclass(frozen=True, slots=True)
class SeriesCell:
    """One value: ``is_group`` for groups of countries, ``takes_rank`` false also for units that are too small to be ranked."""

    unit: str
    year: int
    value: float
    flag: str
    is_group: bool
    takes_rank: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """A series to be ranked. ``best`` says which end is rank 1 (``none``: a rank would mean nothing)."""

    code: str
    name: str
    source: str
    vintage: str
    unit_of_measure: str
    best: Best
    cells: tuple[SeriesCell, ...]
    names: Mapping[str, str]
    among: str
    others: tuple[str, ...] = ()
    """Other sources and vintages of the same series, as ``CODE@SOURCE@VINTAGE``."""
    notes: tuple[str, ...] = ()
    about: tuple[tuple[str, str], ...] = ()
    """What else there is to say of the source (licence, digest)."""
    unit: str = "country"
    concept: str = ""
    """What is measured, in the registry's word; series of one concept may be compared whatever publishers call the unit."""
    is_own: bool = True
    """Taken in by an observatory, not shipped."""
    span: int = 1
    """Years that a value covers, its own and those before; 0 for all."""

    def years(self) -> dict[int, int]:
        """How many units that can be ranked have a value, by year."""
        return dict(sorted(Counter(c.year for c in self.cells if c.takes_rank).items()))

    def latest(self) -> int:
        """The newest year that most units have (a year that three countries have is not the latest of a series)."""
        counted = self.years()
        if not counted:
            raise UsageError(f"no country has a value of {self.code}", fix="groups of countries take no rank; see armillary series")
        return max(year for year, n in counted.items() if n >= ENOUGH * max(counted.values()))

    @property
    def key(self) -> str:
        """How the series is named in full."""
        return f"{self.code}@{self.source}@{self.vintage}"


def split_name(text: str) -> tuple[str, str | None, str | None]:
    """Code, source and vintage of ``CODE``, ``CODE@SOURCE`` or ``CODE@SOURCE@VINTAGE`` (a source may hold an ``@`` itself)."""
    code, _, rest = text.partition("@")
    if not rest:
        return code, None, None
    source, at, vintage = rest.rpartition("@")
    return (code, source, vintage or None) if at and source else (code, rest, None)


def own(
    table: pa.Table, text: str, *, source: str | None = None, vintage: str | None = None, names: Mapping[str, str] | None = None
) -> Chosen:
    """A series of the core table ``series``.

    Without a source the one with most values is taken, without a vintage its newest; what else there is stands in :attr:`Chosen.others`.
    A source may be given by its beginning.
    """
    asked, named_source, named_vintage = split_name(text)
    code = known_code(table, asked)
    rows = table.filter(pc.and_(pc.equal(table["indicator"], code), pc.is_valid(table["value"]))).to_pylist()
    counted = Counter((r["source"], r["vintage"]) for r in rows)
    if named_vintage and any(s.startswith(f"{named_source}@{named_vintage}") for s, _ in counted):
        named_source, named_vintage = f"{named_source}@{named_vintage}", None  # the source holds the @
    source, vintage = source or named_source, vintage or named_vintage
    if source is not None and not any(s.startswith(source) for s, _ in counted):
        raise UnknownNameError(f"source of '{code}'", source, {s for s, _ in counted})
    fits = _fitting(counted, source, vintage)
    if not fits:
        raise UnknownNameError(f"vintage of '{code}'", vintage or "", {v for s, v in counted if source is None or s.startswith(source)})
    sizes = Counter[str]()
    for (s, _), n in fits.items():
        sizes[s] += n
    most = max(sorted(sizes), key=lambda s: sizes[s])
    edition = max(v for s, v in fits if s == most)
    mine = [r for r in rows if (r["source"], r["vintage"]) == (most, edition)]
    to = max((r["unit_mult"] or 0 for r in mine), default=0)
    cells = []
    for r in mine:
        group = bool(r["is_aggregate"]) or is_aggregate(r["unit"])
        value = scaled(float(r["value"]), r["unit_mult"], to)
        cells.append(SeriesCell(r["unit"], int(r["year"]), value, r["status_flag"] or "", group, not group))
    known = measure(most, code)
    of = unit_text(next((r["unit_of_measure"] for r in mine if r["unit_of_measure"]), None), to) or "unit of measure not stated"
    others = tuple(f"{code}@{s}@{v}" for s, v in sorted(counted) if (s, v) != (most, edition))
    return Chosen(
        code,
        known.name if known else code,
        most,
        edition,
        of,
        _best(code, of),
        tuple(cells),
        group_names() | registry.country_names() | dict(names or {}),
        "the units of the source",
        others,
        concept=known.concept if known else "",
    )


def _fitting(counted: Counter[tuple[str, str]], source: str | None, vintage: str | None) -> dict[tuple[str, str], int]:
    return {(s, v): n for (s, v), n in counted.items() if (source is None or s.startswith(source)) and vintage in (None, v)}


def _best(code: str, unit_of_measure: str) -> Best:
    """Ranks are best when low; amounts in national money cannot be compared between countries."""
    if unit_of_measure == "rank" or code.endswith(":rank"):
        return "low"
    parts = {unit_of_measure.partition(",")[0].strip(), code.rpartition("=")[2]}
    is_national = "national currency" in unit_of_measure or bool(parts & set(_NATIONAL)) or code.endswith("_NC")
    return "none" if is_national and "per US dollar" not in unit_of_measure else "high"


def shipped(text: str, part: str = "") -> Chosen:
    """A series that ships with the package, by id, concept or the publisher's code; ``CODE/PART`` names a part (a field of science)."""
    from armillary.studies.world.ranked import rank_series

    name, _, in_text = text.partition("/")
    s = world.series(name)
    found = rank_series(s.id, None, part or in_text)
    every = world.units()
    sizes = world.values(s.base) if s.base else {}
    cells = []
    for r in world.rows(s.id, part=found.part).to_pylist():
        small = bool(s.base) and sizes.get(r["unit"], {}).get(r["year"], 0.0) < s.base_least
        cells.append(SeriesCell(r["unit"], r["year"], r["value"], r["flag"], r["is_aggregate"], not (small or r["is_aggregate"])))
    d = s.origin
    best: Best = "low" if s.best == "low" else "none" if s.best == "none" else "high"
    return Chosen(
        s.id,
        s.name + (f": {found.part}" if found.part else ""),
        d.publisher,
        d.vintage,
        s.unit_of_measure,
        best,
        tuple(cells),
        {u: every[u].name for u in {c.unit for c in cells}},
        _among(s),
        tuple(o.id for o in world.concepts().get(s.concept, ()) if o.id != s.id),
        tuple(n for n in (s.note,) if n),
        tuple((k, v) for k, v in (("counting", s.counting), ("licence", d.licence), ("omits", d.leaves_out), ("sha256", d.sha256)) if v),
        s.unit_kind,
        s.concept,
        False,
        s.span,
    )


def _among(s: world.Series) -> str:
    which = f"the first {s.first_n} of the source" if s.coverage == "first" else s.origin.among
    return which + (f", {s.base_least:,.0f} {world.series(s.base).unit_of_measure} or more" if s.base else "")


def is_ratio(unit_of_measure: str) -> bool:
    """Whether values are shares, rates or scores, which do not add up."""
    return _RATIO.search(unit_of_measure.casefold()) is not None


def group_names() -> dict[str, str]:
    """Names of groups of countries by their code."""
    found: dict[str, str] = {}
    for row in registry.read_csv("vocabularies", "aggregates.csv"):
        found.setdefault(row["code"], row["name"])
    return found


def pick(table: pa.Table | None, text: str, *, names: Mapping[str, str] | None = None, **choices: Any) -> Chosen:
    """The series that a user means: of the observatory (its core table) where it has one of that code, else of those that ship."""
    if table is not None and table.num_rows:
        try:
            return own(table, text, names=names, **choices)
        except UnknownNameError as error:
            if error.kind != "series":
                raise
            own_codes = list(error.known)
    else:
        own_codes = []
    name = text.partition("@")[0]
    try:
        found = shipped(name)
    except UnknownNameError as error:
        raise UnknownNameError("series", name, [*own_codes, *error.known]) from None
    wanted = {k: v for k, v in zip(("source", "vintage"), split_name(text)[1:], strict=True) if v} | {k: v for k, v in choices.items() if v}
    for what, value in wanted.items():
        if not str(getattr(found, what)).startswith(str(value)):
            raise UnknownNameError(f"{what} of '{found.code}'", str(value), [getattr(found, what)])
    return found
