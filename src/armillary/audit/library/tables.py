"""Published tables that travel with the package, and lists of the shipped world, as one kind of evidence; the names of their units."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from armillary.audit import published
from armillary.audit.evidence import Entry, Evidence, Publisher
from armillary.audit.interval import Interval
from armillary.registry import world

NAMED = (
    "innovation-clusters",
    "world:clusters-2023",
    "science-cities",
    "research-leaders",
    "highly-cited/institution",
    "chinese-cities/rd-intensity",
    "chinese-cities/researchers",
)
"""Tables whose units are no countries."""
_GROUPS = frozenset({"world", "WLD", "EU27", "EU", "OECD", "G20", "all"})
"""Totals and groups among the units of published tables: they take no rank."""
ALIASES: dict[str, tuple[str, ...]] = {
    "cas": ("CAS", "中国科学院", "中科院"),
    "harvard": ("Harvard", "哈佛大学"),
    "max-planck": ("Max Planck", "Max-Planck-Gesellschaft"),
    "beijing": ("Peking", "Pékin", "Pekín", "北京"),
    "shanghai": ("Schanghai", "上海"),
    "shanghai-suzhou": ("上海-苏州",),
    "shenzhen-hong-kong-guangzhou": ("深圳-香港-广州",),
    "tokyo-yokohama": ("Tokio-Yokohama", "东京-横滨"),
    "seoul": ("首尔", "Seúl", "Séoul"),
    "new-york": ("纽约", "Nueva York"),
    "san-francisco": ("旧金山", "San Francisco"),
    "baltimore-washington": ("Baltimore-Washington",),
}


_shelf: dict[str, Evidence] = {}


def shelve(name: str, own: Evidence) -> None:
    """Make evidence of an observatory known by a name that holds the digest of its data and recipe."""
    _shelf[name] = own


def evidence(name: str) -> Evidence:
    """Evidence by name: an observatory's own, a published table, or a list of the world."""
    return _shelf[name] if name in _shelf else _shipped(name)


@cache
def _shipped(name: str) -> Evidence:
    """A published table (``innovation-clusters``, ``highly-cited/country``) or list of the world (``world:clusters-2023``)."""
    if not name.startswith("world:"):
        found = published.load(name)
        return replace(found, groups=found.groups | (set(found.units) & _GROUPS))
    entry = world.catalogue().tables[name[6:]]
    origin, period = entry.origin, int(entry.edition)
    source = Publisher(
        entry.dataset, origin.title, origin.publisher, origin.address, entry.edition, origin.accessed, "official", entry.note
    )
    cells: dict[tuple[str, int], Entry] = {}
    for row in world.table(entry.id).to_pylist():
        unit = "-".join(published_key(row[entry.unit_columns[0]]))
        value = None if row.get(entry.value) is None else Interval.exact(float(row[entry.value]))
        country = str(row.get("economies") or "").split("/")[0] or None
        cells[unit, period] = Entry(
            unit, period, Interval.exact(int(row["rank"])), value, country, row[entry.unit_columns[0]], entry.dataset
        )
    ranks = sorted(int(c.rank.low) for c in cells.values() if c.rank is not None)
    depth = next((n for n, r in enumerate(ranks) if r != n + 1), len(ranks))
    return Evidence(
        id=f"world:{entry.id}", title=entry.title, measure=entry.concept, period_name="edition", cells=cells, complete={period: depth},
        sources={entry.dataset: source}, note=entry.note,
    )  # fmt: skip


def published_key(name: str) -> tuple[str, ...]:
    """A cluster's id from its name: the folded words, as the published tables write them."""
    from armillary.audit.reading.tokens import key_of

    return key_of(name)


@cache
def named_units() -> tuple[tuple[str, str, str], ...]:
    """``(table, unit, name)`` of every unit that is no country."""
    return tuple((table, unit, found.name(unit)) for table in NAMED for found in (evidence(table),) for unit in found.units)
