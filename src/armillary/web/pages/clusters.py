"""Innovation clusters: the ranking with its map, and the profile of one cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Path, Query

from armillary.errors import UsageError
from armillary.studies.clusters.method import SOURCES
from armillary.web import words
from armillary.web.choices import PERIOD
from armillary.web.current import current
from armillary.web.i18n import gettext as _
from armillary.web.page import Page
from armillary.web.points import outline
from armillary.web.routes import SiteDep, as_it_is, page
from armillary.web.site import Site

SOURCE = {
    "pct": words.N_("PCT inventors"),
    "patent": words.N_("Patent inventors"),
    "pub": words.N_("Authors of papers"),
    "deal": words.N_("Venture-capital deals"),
}
DENSITIES = (4500, 2000, 1000, 500, 200, 100, 50, 20, 10)
"""Densities that are tried in this order when none is asked for: the usual one first (from memory, METHODS 3.2)."""
ENOUGH = 5
"""Clusters that a density must show to be taken without being asked for."""
STRESSED_POINTS = 20_000
"""Places up to which a profile shows the ranks under other choices without keeping the reader waiting."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What decides which clusters there are. Empty or 0: the first density that shows some, 15 km, all sources, all years."""

    density: int = 0
    radius: float = 0.0
    sources: tuple[str, ...] = ()
    period: str = ""

    def query(self) -> str:
        """As a query string, defaults left out."""
        given = {"density": self.density, "radius": f"{self.radius:g}" if self.radius else "", "period": self.period}
        return urlencode([(k, v) for k, v in given.items() if v] + [("source", s) for s in self.sources])


def wish(
    density: Annotated[int, Query(ge=0, le=1_000_000, description="Listings within the radius that make a core point; 0: see page")] = 0,
    radius: Annotated[float, Query(ge=0, le=100, description="Radius in km; 0: 15 km", allow_inf_nan=False)] = 0.0,
    source: Annotated[
        list[Annotated[str, Query(pattern=f"^({'|'.join(SOURCES)})?$")]] | None,
        Query(max_length=4, description=f"Points to use: {', '.join(SOURCES)}"),
    ] = None,
    period: Annotated[str, Query(max_length=9, pattern=PERIOD, description="One period for all sources")] = "",
) -> Wish:
    """Dependency: the choices of a request."""
    return Wish(density, radius, tuple(dict.fromkeys(s for s in source or () if s)), "" if period == "all" else period)


WishDep = Annotated[Wish, Depends(wish)]


@dataclass(frozen=True, slots=True)
class Answer:
    """Clusters found, the points they were found in, and whether the density is the reader's or the first that shows some."""

    found: Any
    points: list[Any]
    tried: bool


def answer(site: Site, asked: Wish) -> Answer | None:
    """The clusters of a wish; None where the observatory has nothing with a place."""

    def compute(obs: Any) -> Answer | None:
        from armillary.studies.clusters.find import find_clusters
        from armillary.studies.clusters.survey import survey

        if not any(obs.corpus.has(t) for t in ("patent", "affiliation", "deal")):
            return None
        fixed: dict[str, Any] = {k: v for k, v in (("eps_km", asked.radius), ("sources", asked.sources)) if v}
        first = float(asked.density or DENSITIES[0])
        found, points = survey(obs.corpus, period=asked.period or None, data=obs.data_version, min_listings=first, **fixed)
        if asked.density:
            return Answer(found, points, False)
        for density in DENSITIES[1:]:
            if len(found) >= ENOUGH:
                break
            found = find_clusters(points, found.method.but(min_listings=float(density)), meta={"data": obs.data_version})
        return Answer(found, points, found.method.min_listings != DENSITIES[0])

    out: Answer | None = site.remember(("clusters", asked), compute)
    return out


def cluster_map(site: Site, found: Any, focus: tuple[str, ...] = ()) -> tuple[Any, Any]:
    """The map for wide and for narrow screens: circles by score, outlines below."""
    from armillary.charts.map import place_map
    from armillary.studies.clusters.export import geojson

    rows, hulls = found.arrow.slice(0, 200).to_pylist(), geojson(found.arrow, found.outlines, top=200)
    look: dict[str, Any] = {
        "title": "Innovation clusters",
        "value_title": _("Score"),
        "value_format": ".3~%",
        "controls": True,
        "outline": outline(site),
        "hulls": hulls,
        "focus": focus,
    }
    return place_map(rows, width=1110, labels=20, **look), place_map(rows, width=440, labels=6, **look)


def common(site: Site, asked: Wish, got: Answer) -> dict[str, Any]:
    """What both pages say about how the clusters were made."""
    method = got.found.method
    return {
        "asked": asked,
        "method": method,
        "tried": got.tried,
        "published": DENSITIES[0],
        "source_names": SOURCE,
        "sources": method.sources,
        "told": got.found.told(),
        "made_of": got.found.meta["sources"],
        "query": asked.query(),
        "countries": lambda text: country_names(site, text),
    }


def country_names(site: Site, codes: str | None) -> str:
    """``CN;HK`` as names in the reader's language."""
    from armillary.counting.units import known_units

    known: dict[str, str] = site.remember("country names", lambda obs: known_units(obs.corpus, "country"))
    synthetic = bool(site.data.get("synthetic"))
    listed = [c for c in (codes or "").split(";") if c]
    return ", ".join(words.unit_label("country", c, known.get(c, c), current().language, synthetic=synthetic) for c in listed)


@page("/clusters", published=as_it_is)
def clusters(site: SiteDep, asked: WishDep) -> Page:
    """Where inventors, authors and deals lie close together: the ranking of clusters, on the map and as a list."""
    import pyarrow as pa

    title = _("Innovation clusters")
    got = answer(site, asked)
    if got is None:
        nothing = {"data": site.data, "notes": ["no patents, deals or papers with places"]}
        return Page("clusters.html", title, pa.table({}), nothing, context={"found": None, "asked": asked, "query": ""})
    found = got.found
    wide, narrow = cluster_map(site, found) if len(found) else (None, None)
    return Page(
        "clusters.html",
        title,
        found.arrow,
        {**found.meta, "notes": found.told()},
        chart=wide,
        context={
            **common(site, asked, got),
            "found": found,
            "rows": found.arrow.slice(0, 200).to_pylist(),
            "wide": wide,
            "narrow": narrow,
            "by_country": found.by_country(100)[:15],
            "needs_charts": wide is not None,
            "needs_land": wide is not None,
        },
    )


@page("/clusters/{cluster_id}", published=as_it_is)
def cluster(
    site: SiteDep,
    cluster_id: Annotated[str, Path(max_length=120, pattern=r"^[\w.:~-]+$", description="Id of a cluster, or a city of its name")],
    asked: WishDep,
) -> Page:
    """One cluster: what it is made of, city by city, and which rank it has when a source is left out or a choice changed."""
    import pyarrow as pa

    got = answer(site, asked)
    if got is None:
        raise UsageError("this observatory has no patents, deals or papers with places", fix="ingest some first")
    found = got.found
    row = found.row(cluster_id)
    parts = found.explain(row["unit_id"])
    texts = [(name, pa.string()) for name in ("source", "city", "country_code")]
    schema = pa.schema([*texts, ("listings", pa.int64()), ("activity", pa.float64())])
    wide, narrow = cluster_map(site, found, (row["unit_id"],))
    several = len(found.method.sources) > 1
    moves = [r for r in stressed(site, asked, got) if r["unit_id"] == row["unit_id"]]
    return Page(
        "cluster.html",
        row["name"],
        pa.Table.from_pylist(parts, schema=schema),
        {**found.meta, "notes": found.told(), "cluster": row},
        chart=wide,
        context={
            **common(site, asked, got),
            "row": row,
            "of": len(found),
            "parts": parts[:60],
            "parts_n": len(parts),
            "without": {s: found.without(s)[row["unit_id"]] for s in found.method.sources} if several else {},
            "moves": moves,
            "wide": wide,
            "narrow": narrow,
            "needs_charts": True,
            "needs_land": True,
        },
    )


def stressed(site: Site, asked: Wish, got: Answer) -> list[dict[str, Any]]:
    """Ranks under other radii, densities, weights and sources; nothing where that would take long."""
    if sum(len(p) for p in got.points) > STRESSED_POINTS:
        return []

    def compute(_obs: Any) -> list[dict[str, Any]]:
        from armillary.studies.clusters.sensitivity import sensitivity

        return list(sensitivity(got.points, got.found).to_pylist())

    found: list[dict[str, Any]] = site.remember(("clusters-stressed", asked), compute)
    return found
