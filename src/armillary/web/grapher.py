"""One grapher for every measure over units and years: one state as map, ranking, lines and table, and the data for all others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from armillary.charts import base as charts
from armillary.charts.choropleth import choropleth
from armillary.charts.lines import values_over_time
from armillary.charts.ranking import ranked_bars
from armillary.errors import UnknownNameError, UsageError
from armillary.sources.series.cells import is_break
from armillary.studies.world.yearly import Yearly, inhabitants
from armillary.web.find import index_of
from armillary.web.i18n import gettext as _
from armillary.web.look import MOST, TABS, Look
from armillary.web.render import shared_land
from armillary.web.site import Site
from armillary.web.words import N_

TAB = {"map": N_("Map"), "ranking": N_("Ranking"), "chart": N_("Over the years"), "table": N_("Table"), "sources": N_("Sources")}
BARS = 20
A_MILLION = 1e6


@dataclass(frozen=True, slots=True)
class Measured:
    """One measure: its figures and its words. ``names`` are in the reader's language, for every unit with a value."""

    title: str
    measure: str
    kind: str
    yearly: Yearly
    names: Mapping[str, str]
    year: int
    """The year that stands for it."""
    source: str
    decimals: int = 2
    is_percent: bool = False
    """Whether values are parts of one, to be read as per cent."""
    suffix: str = ""
    """What stands behind a value: a percent sign."""
    prefix: str = ""
    """Where the page of a unit is (its id follows)."""
    period: Callable[[int], str] = str
    groups: frozenset[str] = frozenset()
    choices: Mapping[str, str] = field(default_factory=dict)
    """What else the address carries."""
    breaks: Mapping[str, str] = field(default_factory=dict)
    """What changed in the records, by year (:func:`armillary.registry.breaks.by_year`)."""
    is_sample: bool = False
    """Whether the figures are of a sample: then no sentence says who is first, and nothing is divided by inhabitants."""


@dataclass(frozen=True, slots=True)
class Grapher:
    """What a page shows: the state, the chart of its tab, the rows of its year, and the data for every other state."""

    measured: Measured
    look: Look
    year: int
    units: tuple[str, ...]
    shown: Yearly
    chart: Any
    narrow: Any
    rows: list[dict[str, Any]]
    finding: str
    measure: str
    can_map: bool
    can_log: bool
    can_per: bool
    data: dict[str, Any]

    @property
    def tabs(self) -> list[tuple[str, str, str]]:
        """Id, name and query of each tab."""
        return [(t, _(TAB[t]), self.query(tab=t)) for t in TABS if t != "map" or self.can_map]

    def query(self, **changes: Any) -> str:
        """The address of another state."""
        return self.look.but(**changes).query(**self.measured.choices)

    @property
    def chosen(self) -> list[tuple[str, str, str]]:
        """Id and name of each unit in the chart of lines, and the query without it."""
        return [(u, self.measured.names[u], self.query(units=tuple(x for x in self.units if x != u), tab="chart")) for u in self.units]


def grapher(site: Site, m: Measured, look: Look) -> Grapher:
    """The grapher of a measure in one state; :class:`UsageError` for a year without values, :class:`UnknownNameError` for a unit."""
    look = added(site, m, look)
    for unit in look.units:
        if unit not in m.names:
            raise UnknownNameError(f"{m.kind} with a value", unit, m.names)
    people = inhabitants(m.yearly) if m.kind == "country" and not m.is_sample else {}
    shown, measure = m.yearly, m.measure
    if look.per == "head":
        if not people:
            raise UsageError("a value per head means nothing here", fix="leave per out")
        shown = m.yearly.per(people, A_MILLION)
        measure = _("{measure} per million inhabitants").format(measure=m.measure)
    year = look.year or (m.year if m.year in shown.years else shown.years[-1])
    if year not in shown.years:
        raise UsageError(f"there are no values of {year}", fix=f"choose one of {shown.years[0]} to {shown.years[-1]}")
    listed = [r for r in shown.ranked_in(year) if r[1] in m.names]
    can_map = m.kind == "country" and sum(1 for r in listed if r[1] not in m.groups) > 20
    tab = look.tab if look.tab in TABS and (can_map or look.tab != "map") else ""
    tab = tab or ("chart" if look.units and len(shown.years) > 1 else "map" if can_map else "ranking")
    look = look.but(tab=tab, year=look.year)
    own = [u for _rank, u, _value in listed if u not in m.groups]
    units = look.units or tuple(own[:3])
    rows: list[dict[str, Any]] = [
        {
            "rank": rank,
            "unit_id": u,
            "name": m.names[u],
            "value": value,
            "flag": m.yearly.flags.get(u, {}).get(year, ""),
            "focus": u in look.units,
            "is_group": u in m.groups,
        }
        for rank, u, value in listed
    ]
    rows.sort(key=lambda r: bool(r["is_group"]))
    drawn = {t: draw(t, m, look, shown, year, units, rows, measure) for t in ("map", "ranking", "chart") if t != "map" or can_map}
    # the page draws the marks of the units it shows anew
    without_marks = (
        drawn | {"chart": draw("chart", m, look, shown, year, units, rows, measure, marked=False)} if broken(m, units) else drawn
    )
    main = drawn[tab if tab in drawn else "ranking"]
    return Grapher(
        m,
        look,
        year,
        units,
        shown,
        main,
        draw("map", m, look, shown, year, units, rows, measure, narrow=True) if can_map else None,
        rows,
        finding(m, look, shown, year, units),
        measure,
        can_map,
        shown.is_wide,
        bool(people),
        payload(m, look, year, units, without_marks, people),
    )


def added(site: Site, m: Measured, look: Look) -> Look:
    """The look with the unit that the reader named put in."""
    if not look.add:
        return look
    folded = {name.casefold(): u for u, name in m.names.items()}
    unit = folded.get(look.add.casefold()) or (look.add if look.add in m.names else None)
    if unit is None:
        found = [h.item.id for h in index_of(site).search(look.add, 20, (m.kind,)) if h.item.id in m.names]
        if not found:
            raise UnknownNameError(f"{m.kind} with a value", look.add, m.names.values())
        unit = found[0]
    return look.but(add="", units=tuple(dict.fromkeys((*look.units, unit)))[-MOST:], tab=look.tab or "chart")


def number_format(m: Measured, shown: Yearly) -> str:
    """The d3 format of values."""
    if m.is_percent:
        return f".{max(1, m.decimals - 2)}%"
    if shown is not m.yearly:
        return ",.4~r"
    return f",.{m.decimals}f"


def draw(
    tab: str,
    m: Measured,
    look: Look,
    shown: Yearly,
    year: int,
    units: tuple[str, ...],
    rows: list[dict[str, Any]],
    measure: str,
    *,
    narrow: bool = False,
    marked: bool = True,
) -> Any:
    """The chart of a tab, with its title; with ``marked`` breaks of the drawn units stand in the lines."""
    title, subtitle = finding(m, look, shown, year, units), f"{m.title} · {measure} · {m.period(year)}"
    own = [r for r in rows if not r["is_group"]]
    if tab == "map":
        every = [x for u, v in shown.values.items() if u not in m.groups for x in v.values()]
        log = shown.is_wide
        least = min((x for x in every if x > 0 or not log), default=0.0)
        return choropleth(
            own,
            title=title,
            subtitle=subtitle,
            value_title=measure,
            number="~s" if log else number_format(m, shown) if m.is_percent else ",.3~r",
            log=log,
            domain=(least, max(every)) if every and least < max(every) else None,
            width=440 if narrow else 1110,
        )
    if tab == "chart":
        return values_over_time(
            lines(m, look, shown, units),
            title=title,
            subtitle=f"{m.title} · {line_measure(look, measure)}",
            value_title=line_measure(look, measure),
            number="d" if look.line == "rank" else number_format(m, shown),
            from_zero=not look.line and shown.is_total,
            log=look.scale == "log" and shown.is_wide and not look.line,
            downwards=look.line == "rank",
            breaks=broken(m, units) if marked else None,
            width=760,
            height=340,
        )
    focus = look.units[0] if look.units else None
    return ranked_bars(
        own, title=title, subtitle=subtitle, value_title=measure, top=BARS, focus=focus, number=number_format(m, shown), width=640
    )


def broken(m: Measured, units: Iterable[str]) -> dict[str, str]:
    """What begins anew in which year: for units by the publisher's flags, and for all what the notes of a ranking say."""
    found: dict[str, list[str]] = {}
    for unit in units:
        for year, flag in m.yearly.flags.get(unit, {}).items():
            if is_break(flag):
                found.setdefault(str(year), []).append(_("{name}: break in the series").format(name=m.names[unit]))
    for when, says in m.breaks.items():
        found.setdefault(when, []).append(says)
    return {year: "; ".join(told) for year, told in sorted(found.items())}


def line_measure(look: Look, measure: str) -> str:
    """What the lines show."""
    return {"rank": _("rank"), "index": _("{measure}, first common year = 100").format(measure=measure)}.get(look.line, measure)


def lines(m: Measured, look: Look, shown: Yearly, units: tuple[str, ...]) -> list[dict[str, Any]]:
    """The lines of the chosen units over all years."""
    if look.line == "index":
        common = [y for y in shown.years if all(shown.values.get(u, {}).get(y, 0.0) > 0 for u in units)]
        shown = shown.against(common[0]) if common else shown
    source: Mapping[str, Mapping[int, float]] = shown.ranks if look.line == "rank" else shown.values
    log = look.scale == "log" and not look.line

    def value(unit: str, year: int) -> float | None:
        found = source.get(unit, {}).get(year)
        return None if found is not None and found <= 0 and log else found

    return [{"period": str(y), "unit_id": u, "name": m.names[u], "value": value(u, y)} for u in units for y in shown.years]


def finding(m: Measured, look: Look, shown: Yearly, year: int, units: tuple[str, ...]) -> str:
    """What the figures say, in a sentence: of the unit in focus, or who is first; of a sample only what it is."""
    if m.is_sample:
        return f"{m.title}, {m.period(year)}"
    if look.units:
        unit = look.units[0]
        rank, value = shown.ranks.get(unit, {}).get(year), shown.values.get(unit, {}).get(year)
        of = sum(1 for r in shown.ranks.values() if year in r)
        if value is None:
            return sentence("without", name=m.names[unit], year=m.period(year))
        if rank is None:
            return sentence("value", name=m.names[unit], year=m.period(year), value=said(m, shown, value))
        return sentence(
            "unit", name=m.names[unit], rank=rank, of=of, year=m.period(year), since=shown.since(unit, year), value=said(m, shown, value)
        )
    first = [(u, v) for rank, u, v in shown.ranked_in(year) if rank is not None and u in m.names][:3]
    if len(first) < 3:
        return f"{m.title}, {m.period(year)}"
    return sentence(
        "first",
        first=m.names[first[0][0]],
        second=m.names[first[1][0]],
        third=m.names[first[2][0]],
        year=m.period(year),
        value=said(m, shown, first[0][1]),
    )


def sentence(which: str, /, **parts: Any) -> str:
    """A sentence about figures in the reader's language."""
    return _(SENTENCE[which]).format(**parts)


SENTENCE = {
    "unit": N_("{name}: rank {rank} of {of} in {year} ({value}); in this place since {since}"),
    "value": N_("{name}: {value} in {year}"),
    "without": N_("{name}: no value in {year}"),
    "first": N_("{first} is first in {year} with {value}, before {second} and {third}"),
}


def said(m: Measured, shown: Yearly, value: float) -> str:
    """A value as a reader reads it."""
    from armillary.web import i18n

    if m.is_percent:
        return i18n.percent(value, max(1, m.decimals - 2))
    if shown is not m.yearly:
        return i18n.number(value, 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 3)
    text = i18n.number(value, m.decimals if abs(value) < 1000 else 0)
    return text + m.suffix


def payload(m: Measured, look: Look, year: int, units: tuple[str, ...], drawn: Mapping[str, Any], people: Any) -> dict[str, Any]:
    """Everything that ``grapher.js`` needs to show any other state: figures in columns of years, words, and charts without their data."""
    y = m.yearly
    known = [u for u in y.values if u in m.names]

    def columns(table: Mapping[str, Mapping[int, Any]]) -> list[list[Any]]:
        return [[table.get(u, {}).get(year) for year in y.years] for u in known]

    templates = {}
    for tab, chart in drawn.items():
        spec = shared_land(charts.spec(chart))
        own = [k for k in spec.get("datasets", {}) if k != "land"]
        templates[tab] = {**spec, "datasets": {k: [] for k in own}}
    return {
        "years": list(y.years),
        "units": known,
        "names": [m.names[u] for u in known],
        "values": columns(y.values),
        "ranks": columns(y.ranks),
        "breaks": {u: told for u in y.flags if u in m.names and (told := broken(replace(m, breaks={}), [u]))},
        "changes": dict(m.breaks),
        "flags": {u: {str(k): v for k, v in f.items()} for u, f in y.flags.items() if u in m.names},
        "people": {u: {str(k): x for k, x in people[u].items()} for u in known if u in people} if people else None,
        "groups": sorted(g for g in m.groups if g in m.names),
        "periods": [m.period(year) for year in y.years],
        "best": y.best,
        "wide": y.is_wide,
        "total": y.is_total,
        "title": m.title,
        "measure": m.measure,
        "source": m.source,
        "decimals": m.decimals,
        "percent": m.is_percent,
        "sample": m.is_sample,
        "prefix": m.prefix,
        "suffix": m.suffix,
        "start": {"tab": look.tab, "year": year, "units": list(look.units), "scale": look.scale, "per": look.per, "line": look.line},
        "usual": {"year": m.year, "tab": look.tab},
        "choices": dict(m.choices),
        "templates": templates,
        "words": {
            **{k: _(v) for k, v in SENTENCE.items()},
            "per": _("{measure} per million inhabitants"),
            "index": _("{measure}, first common year = 100"),
            "rank": _("rank"),
            "break": _("Break"),
            "remove": _("Remove {name}"),
            "unknown": _("No unit is called that"),
            "play": _("Play"),
            "stop": _("Stop"),
        },
    }
