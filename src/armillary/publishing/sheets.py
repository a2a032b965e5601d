"""Packages of what there is: the shipped world, a ranking, any result with rows."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from armillary.core.interchange import Tabular
from armillary.publishing.tables import Attribution, Package, Sheet
from armillary.ranking.result import Ranking
from armillary.ranking.text import heading
from armillary.registry import world
from armillary.studies.world.answer import catalogue
from armillary.version import __version__


def world_package(names: Sequence[str] = ()) -> Package:
    """The shipped tables of the real world (or some of them, by series or table), and the catalogue of all that ship."""
    found = world.catalogue()
    chosen = list(names) or [*found.series, *found.tables]
    sheets = [Sheet("catalogue", "What ships", catalogue().arrow, note="Series and tables with publisher, vintage and licence.")]
    for name in chosen:
        if name in found.tables:
            t = found.tables[name]
            sheets.append(Sheet(t.id, t.title, world.table(t.id), (_origin(t.origin),), t.note))
        else:
            s = world.series(name)
            note = " ".join(x for x in (f"Unit: {s.unit_of_measure}.", s.note, f"Leaves out: {s.origin.leaves_out}") if x)
            sheets.append(Sheet(s.id, s.name, world.rows(s.id, part=None), (_origin(s.origin),), note))
    unique = list({s.name: s for s in sheets}.values())
    dates = [d for s in unique for o in s.origins if (d := _date(o.vintage))]
    text = "Country series and records of science and innovation from official sources, each with its source, vintage and licence."
    return Package("armillary-world", "Science and innovation by country", text, tuple(unique), __version__, max(dates, default=""))


def ranking_package(ranking: Ranking) -> Package:
    """One ranking with the lines that say how it was made, and its recipe as the version."""
    m = ranking.meta
    if "series" in m:
        origin = Attribution(str(m["title"]), str(m["source"]), "", str(m.get("vintage") or ""), str(m.get("licence") or ""))
        date = _date(origin.vintage)
    else:
        d = m["data"]
        # OpenAlex gives its records away under CC0; invented records carry no terms
        licence = "" if d["synthetic"] else "CC0 (OpenAlex)"
        origin = Attribution(d["name"], "", "", str(d["snapshot_date"]), licence)
        date = _date(origin.vintage)
    said = [" ".join(line.split()) for line in heading(ranking)[1:]]
    sheet = Sheet("ranking", str(m["title"]), ranking.arrow, (origin,), ". ".join(said))
    name = f"ranking-{ranking.recipe.indicator}-{ranking.recipe.unit}"
    return Package(name, str(m["title"]), ". ".join(said), (sheet,), f"{__version__}+recipe.{ranking.recipe.digest}", date)


def result_package(result: Tabular, name: str, title: str, origins: Sequence[Attribution] = ()) -> Package:
    """Any result with rows."""
    return Package(name, title, title, (Sheet(name, title, result.arrow, tuple(origins)),), __version__)


def _origin(d: world.Dataset) -> Attribution:
    return Attribution(d.title, d.publisher, d.address, d.vintage, d.licence)


def _date(vintage: str) -> str:
    """The day that a vintage names, the first of its month or year; empty where it names none."""
    found = re.search(r"\b(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?\b", vintage)
    if not found:
        return ""
    try:
        return datetime.date(int(found[1]), int(found[2] or 1), int(found[3] or 1)).isoformat()
    except ValueError:
        return ""
