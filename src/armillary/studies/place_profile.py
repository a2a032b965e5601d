"""A city in tables: where it stands, by subject, over the years, its institutions, partners, industry papers and patents."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import ibis
import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.core.places.assign import default_places
from armillary.core.places.geo import name_key
from armillary.core.recipe import Recipe
from armillary.core.schema import TABLES
from armillary.counting.citations import last_complete_year
from armillary.counting.credits import CREDIT, author_rows, divided, row_credit, unit_credits
from armillary.counting.scopes import scoped_works
from armillary.errors import UnknownNameError, UsageError
from armillary.ranking.change import adjusted_share
from armillary.ranking.rank import rank
from armillary.ranking.recipes import make_recipe

INDUSTRY = ("pp-industry", "pp-university-company", "pp-public-private")


@dataclass(frozen=True, slots=True)
class PlaceProfile:
    """``tables`` by name: headline, subjects, years, institutions, partners, industry, patents (each may be empty); ``meta`` says how."""

    unit_id: str
    name: str
    tables: dict[str, pa.Table]
    meta: dict[str, Any]

    def to_json(self) -> str:
        """Everything as one JSON object."""
        body = {"unit_id": self.unit_id, "name": self.name, "meta": self.meta, **{k: t.to_pylist() for k, t in self.tables.items()}}
        return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def place_profile(
    corpus: Corpus,
    place: str,
    *,
    unit: str = "city",
    period: Any = None,
    scope: str = "default",
    first: int = 10,
) -> PlaceProfile:
    """The profile of a city (or, with ``unit``, of a region or country) by its id or name, over a period and scope.

    ``first`` is the number of institutions and partners. Raises :class:`UnknownNameError` with near names for an unknown place.
    """
    if unit not in ("city", "region", "country"):
        raise UsageError(f"no place profile of a unit '{unit}'", fix="choose city, region or country")
    recipe = make_recipe("share", unit=unit, period=period, scope=scope)
    ranking = rank(corpus, recipe)
    rows = ranking.ranked.to_pylist()
    row = next((r for r in rows if place.casefold() in (r["unit_id"].casefold(), r["name"].casefold())), None)
    if row is None:
        raise UnknownNameError(unit, place, [r["name"] for r in rows])
    unit_id, records = row["unit_id"], ranking.meta["records"]
    head = {"rank": row["rank"], "of": len(rows), "share": row["value"], "papers": row["count"], "share_of_world": row["value"] / records}
    tables = {
        "headline": [head],
        "subjects": _subjects(corpus, recipe, unit_id),
        "years": _years(corpus, recipe, unit_id),
        "institutions": _institutions(corpus, recipe, unit_id)[:first],
        "partners": _partners(corpus, recipe, unit_id)[:first],
        "industry": _industry(corpus, recipe, unit_id),
        "patents": _patents(corpus, recipe, unit_id, row["name"]),
    }
    return PlaceProfile(unit_id, row["name"], {k: _as_table(k, v) for k, v in tables.items()}, dict(ranking.meta))


_COLUMNS = {
    "headline": ("rank", "of", "share", "papers", "share_of_world"),
    "subjects": ("field_id", "field", "rank", "share", "papers", "share_of_world", "specialisation"),
    "years": ("year", "rank", "share", "papers", "papers_in_scope", "adjusted_share", "growth"),
    "institutions": ("institution_id", "name", "share", "papers", "part_of_place"),
    "partners": ("rank", "unit_id", "name", "collaboration_score", "joint_papers"),
    "industry": ("indicator", "name", "value", "rank", "papers"),
    "patents": ("year", "fractional", "applications", "inventors"),
}
_TEXT = {"field", "name", "institution_id", "unit_id", "indicator"}
_REAL = {
    "share",
    "share_of_world",
    "specialisation",
    "adjusted_share",
    "growth",
    "part_of_place",
    "collaboration_score",
    "value",
    "fractional",
}


def _as_table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    kinds = {c: pa.string() if c in _TEXT else pa.float64() if c in _REAL else pa.int64() for c in _COLUMNS[name]}
    return pa.table({c: pa.array([r.get(c) for r in rows], kind) for c, kind in kinds.items()})


def _subjects(corpus: Corpus, recipe: Recipe, unit_id: str) -> list[dict[str, Any]]:
    """Share in each OpenAlex field, its rank among all units there, and how specialised the unit is (1: as in all of its work)."""
    works = scoped_works(corpus, recipe).select("work_id", "field_id")
    sums = unit_credits(corpus, recipe).join(works, "work_id").group_by(["unit_id", "field_id"])
    credits = corpus.fetch(sums.agg(credit=ibis._.credit.sum().cast("int64"), papers=ibis._.count())).to_pylist()
    whole = {r["field_id"]: r["n"] for r in corpus.fetch(works.group_by("field_id").agg(n=works.count())).to_pylist()}
    mine = [r for r in credits if r["unit_id"] == unit_id]
    part = sum(r["credit"] for r in mine) / (CREDIT * max(sum(whole.values()), 1))
    topic = corpus.lookup("topic", ("field_id", "field_name"))
    names = dict(zip(topic["field_id"].to_pylist(), topic["field_name"].to_pylist(), strict=True))
    out = []
    for r in mine:
        f = r["field_id"]
        of_world = r["credit"] / (CREDIT * whole[f])
        better = sum(1 for o in credits if o["field_id"] == f and o["credit"] > r["credit"])
        name = names.get(f) or ("no field" if f is None else str(f))
        out.append(
            {
                "field_id": f,
                "field": name,
                "rank": better + 1,
                "share": r["credit"] / CREDIT,
                "papers": r["papers"],
                "share_of_world": of_world,
                "specialisation": of_world / part if part else None,
            }
        )
    return sorted(out, key=lambda r: (-r["share"], str(r["field"])))


def _years(corpus: Corpus, recipe: Recipe, unit_id: str) -> list[dict[str, Any]]:
    """Rank path, Share, and Share brought to the last complete year's number of papers (1.2); growth is from year to year of the latter."""
    yearly = recipe.but(step=1)
    works = scoped_works(corpus, yearly)
    counted = corpus.fetch(works.group_by("period").agg(n=works.count())).to_pylist()
    totals = {r["period"]: r["n"] for r in counted if r["period"] is not None}
    rows = {int(r["period"]): r for r in rank(corpus, yearly).ranked.to_pylist() if r["unit_id"] == unit_id}
    if not rows:
        return []
    last = last_complete_year(corpus)  # the running year is shown, and nothing is compared with it
    base = max([y for y in totals if last is None or y <= last], default=max(totals))
    out: list[dict[str, Any]] = []
    for year in sorted(rows):
        r = rows[year]
        value = adjusted_share(r["value"], totals[year], totals[base])
        before = out[-1] if out and out[-1]["year"] == year - 1 else None
        growth = value / before["adjusted_share"] - 1 if before and before["adjusted_share"] and year <= base else None
        out.append(
            {
                "year": year,
                "rank": r["rank"],
                "share": r["value"],
                "papers": r["count"],
                "papers_in_scope": totals[year],
                "adjusted_share": value,
                "growth": growth,
            }
        )
    return out


def _members(corpus: Corpus, recipe: Recipe, unit_id: str) -> list[int]:
    """Institutions of the place."""
    store = corpus.store
    if recipe.unit == "city":
        link = store.read("institution_place")
        return [i for i, p in zip(link["institution_id"].to_pylist(), link["place_id"].to_pylist(), strict=True) if p == unit_id]
    if recipe.unit == "country":
        table = store.read("institution", ["institution_id", "country_code"])
        return [i for i, c in zip(table["institution_id"].to_pylist(), table["country_code"].to_pylist(), strict=True) if c == unit_id]
    from armillary.core.places.regions import region_members
    from armillary.counting.region_units import regions_of

    region = {k: v for k, v in regions_of(corpus, recipe.regions).items() if k == unit_id}
    rows = region_members(region, *(store.read(t) for t in ("institution", "place", "institution_place")))
    return [i for i in rows["institution_id"].to_pylist() if i is not None]


def _institutions(corpus: Corpus, recipe: Recipe, unit_id: str) -> list[dict[str, Any]]:
    members = _members(corpus, recipe, unit_id)
    if not members:
        return []
    rows = author_rows(corpus, recipe.but(unit="institution", rollup="none"))
    inside = ibis.memtable(pa.table({"institution_id": pa.array(members, pa.int64())}))
    rows = rows.join(inside, "institution_id")
    rows = rows.mutate(part=row_credit(rows, "author-fractional"))
    sums = rows.group_by("institution_id").agg(credit=rows.part.sum().cast("int64"), papers=rows.work_id.nunique())
    found = corpus.fetch(sums).to_pylist()
    table = corpus.lookup("institution", ("institution_id", "name"))
    names = dict(zip(table["institution_id"].to_pylist(), table["name"].to_pylist(), strict=True))
    total = sum(r["credit"] for r in found) or 1
    out = [
        {
            "institution_id": f"I{r['institution_id']}",
            "name": names.get(r["institution_id"]),
            "share": r["credit"] / CREDIT,
            "papers": r["papers"],
            "part_of_place": r["credit"] / total,
        }
        for r in found
    ]
    return sorted(out, key=lambda r: (-r["share"], str(r["name"]), r["institution_id"]))


def _partners(corpus: Corpus, recipe: Recipe, unit_id: str) -> list[dict[str, Any]]:
    found = rank(
        corpus, make_recipe("collaboration-score", unit=recipe.unit, period=recipe.period, scope=recipe.scope, options={"with": unit_id})
    )
    return [
        {"rank": r["rank"], "unit_id": r["unit_id"], "name": r["name"], "collaboration_score": r["value"], "joint_papers": r["count"]}
        for r in found.ranked.to_pylist()
        if r["unit_id"] != unit_id
    ]


def _industry(corpus: Corpus, recipe: Recipe, unit_id: str) -> list[dict[str, Any]]:
    out = []
    for indicator in INDUSTRY:
        found = rank(corpus, make_recipe(indicator, unit=recipe.unit, period=recipe.period, scope=recipe.scope, minimum=0))
        name = found.meta["indicator"]
        out += [
            {"indicator": indicator, "name": name, "value": r["value"], "rank": r["rank"], "papers": r["count"]}
            for r in found.ranked.to_pylist()
            if r["unit_id"] == unit_id
        ]
    return out


def _patents(corpus: Corpus, recipe: Recipe, unit_id: str, name: str) -> list[dict[str, Any]]:
    """Applications by year, shared equally by inventors. Inventors are put into cities by name, by the rules for institutions."""
    if not corpus.has("inventor") or recipe.unit == "region":
        return []
    patent = corpus.table("patent").select("patent_id", "year", "n_inventors")
    if recipe.period.first is not None:
        patent = patent.filter(patent.year >= recipe.period.first)
    if recipe.period.last is not None:
        patent = patent.filter(patent.year <= recipe.period.last)
    people = corpus.table("inventor")
    if recipe.unit == "country":
        people = people.filter(people.country_code == unit_id)
    else:
        spots = corpus.fetch(people.select("country_code", "city", "lat_deg", "lon_deg").distinct()).to_pylist()
        spots.sort(key=lambda r: tuple(str(v) for v in r.values()))
        as_institutions = [{**s, "institution_id": n, "origin": "entity"} for n, s in enumerate(spots)]
        place, link = default_places(pa.Table.from_pylist(as_institutions, TABLES["institution"].schema))
        country = next((p["country_code"] for p in corpus.store.read("place").to_pylist() if p["place_id"] == unit_id), None)
        key = name_key(country, name) or ""
        same = {p["place_id"] for p in place.to_pylist() if unit_id == p["place_id"] or key == name_key(p["country_code"], p["name"])}
        chosen = [spots[r["institution_id"]] for r in link.to_pylist() if r["place_id"] in same]
        keys = sorted({(s["country_code"], s["city"]) for s in chosen if s["city"] and s["country_code"]})
        if not keys:
            return []
        wanted = ibis.memtable(pa.table({"country_code": [k[0] for k in keys], "city": [k[1] for k in keys]}))
        people = people.join(wanted, ["country_code", "city"])
    rows = people.join(patent, "patent_id")
    rows = rows.mutate(part=divided(ibis.greatest(rows.n_inventors, 1).cast("int64")))
    sums = rows.group_by("year").agg(credit=rows.part.sum().cast("int64"), applications=rows.patent_id.nunique(), inventors=rows.count())
    found = [r for r in corpus.fetch(sums).to_pylist() if r["year"] is not None]
    return [
        {"year": r["year"], "fractional": r["credit"] / CREDIT, "applications": r["applications"], "inventors": r["inventors"]}
        for r in sorted(found, key=lambda r: r["year"])
    ]
