"""One call from an observatory to a cluster ranking: choose the method and the windows, load the points, find the clusters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from armillary.core.corpus import Corpus
from armillary.core.places.populated import read_populated, read_text
from armillary.core.recipe import Period
from armillary.counting.notes import corpus_notes
from armillary.errors import UsageError
from armillary.studies.clusters.find import find_clusters
from armillary.studies.clusters.method import Method, preset
from armillary.studies.clusters.population import Population
from armillary.studies.clusters.result import Clusters
from armillary.studies.clusters.sources import PointSet, load_source, with_cities


def survey(
    corpus: Corpus,
    *,
    edition: str | None = None,
    year: int | None = None,
    period: str | Period | None = None,
    population: Path | None = None,
    scope: tuple[str, ...] | None = None,
    data: Mapping[str, object] | None = None,
    **choices: Any,
) -> tuple[Clusters, list[PointSet]]:
    """Clusters of an observatory, and the points they were found in (for :func:`~armillary.studies.clusters.sensitivity.sensitivity`).

    ``choices`` are fields of :class:`~armillary.studies.clusters.method.Method` and change the edition's preset. ``year`` is the last
    year of each source's window of as many years as the edition has; ``period`` is one period for all sources instead. Without an
    edition the sources are those that the observatory has (PCT, or patents where none says it is PCT, publications, deals). ``population``
    is a file of populated places: for intensity, and for the names of points whose city is not known.
    """
    if year is not None and period is not None:
        fix = "give --year for the edition's windows, or --period for one of your own"
        raise UsageError("a year and a period exclude each other", fix=fix)
    if edition is None:
        method = Method(sources=choices.pop("sources", None) or _there(corpus), status="chosen by the user").but(**choices)
    else:
        method = preset(edition).but(**choices)
    sources = [load_source(corpus, s, _window(s, year, period, method), scope) for s in method.sources]
    people = None
    if population is not None and _is_grid(population):
        people = Population.from_cells(population)
    elif population is not None:
        towns = read_populated(population)
        people = Population.from_populated(towns)
        sources = [with_cities(s, towns) for s in sources]
    told = {"notes": corpus_notes(corpus)} | ({"data": dict(data)} if data else {})
    return find_clusters(sources, method, population=people, meta=told), sources


def _is_grid(path: Path) -> bool:
    """Whether a file is a table of cells: a header with lat, lon and population, and no names."""
    if path.name.removesuffix(".gz").endswith((".json", ".geojson", ".txt", ".tsv")):
        return False
    header = {c.strip().strip('"').casefold() for c in read_text(path).partition("\n")[0].split(",")}
    return {"lat", "lon", "population"} <= header and not header & {"name", "city", "city_name"}


def _window(source: str, year: int | None, period: str | Period | None, method: Method) -> Period:
    if year is None:
        return Period.parse(period)
    last = year - dict(method.lag).get(source, 0)
    return Period(last - dict(method.years).get(source, 5) + 1, last)


def _there(corpus: Corpus) -> tuple[str, ...]:
    found = []
    if corpus.has("patent"):
        patent = corpus.table("patent")
        is_pct = corpus.fetch(patent.aggregate(n=patent.is_pct.sum())).to_pylist()[0]["n"]
        found.append("pct" if is_pct else "patent")
    if corpus.has("affiliation"):
        found.append("pub")
    return (*found, "deal") if corpus.has("deal") else tuple(found)
