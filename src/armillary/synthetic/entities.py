"""Own records of institutions, sources, topics, funders, publishers and authors, with the keys that OpenAlex serves."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from armillary.synthetic.catalogue import PUBLISHERS, SOURCE_TYPES
from armillary.synthetic.draws import F64
from armillary.synthetic.fields import DOMAINS, FIELDS
from armillary.synthetic.fragments import HOME, Fragments, publisher_name
from armillary.synthetic.institutions import TYPES
from armillary.synthetic.people import orcids
from armillary.synthetic.works import make
from armillary.synthetic.world import AUTHOR_BASE, FUNDER_BASE, INSTITUTION_BASE, PUBLISHER_BASE, SOURCE_BASE, TOPIC_BASE, World

UPDATED = "2025-11-06T02:10:11.000000"
Row = dict[str, Any]
GEONAMES_BASE = 99_000_000
"""City ids of the world, where GeoNames has none."""


def records(world: World, works_of_institution: F64, works_of_source: F64) -> dict[str, list[Row]]:
    """Records of all entities but works and authors."""
    parts = Fragments(world)
    return {
        "institutions": _institutions(world, works_of_institution), "sources": _sources(world, works_of_source),
        "topics": _topics(world, parts),
        "funders": [{**json.loads(text), "updated_date": UPDATED} for text in parts.funder],
        "publishers": [
            {"id": f"{HOME}P{PUBLISHER_BASE + k}", "display_name": publisher_name(k), "updated_date": UPDATED} for k in range(PUBLISHERS)
        ],
    }


def _institutions(world: World, works: F64) -> list[Row]:
    inst, geo = world.inst, world.geo
    rows: list[Row] = []
    for k in range(len(inst)):
        iri, city, country = f"{HOME}I{INSTITUTION_BASE + k}", int(inst.city[k]), int(inst.country[k])
        located = inst.is_located[k]
        rows.append({
            "id": iri, "ror": f"https://ror.org/{inst.ror[k]}", "display_name": inst.name[k], "country_code": geo.codes[country],
            "type": TYPES[inst.type[k]],
            "lineage": [f"{HOME}I{INSTITUTION_BASE + a}" for a in inst.lineage[k]], "is_super_system": False, "homepage_url": None,
            "display_name_acronyms": [],
            "display_name_alternatives": [], "works_count": int(works[k]),
            "ids": {"openalex": iri, "ror": f"https://ror.org/{inst.ror[k]}"},
            "geo": {
                "city": geo.city_names[city], "geonames_city_id": str(GEONAMES_BASE + city), "region": None,
                "country_code": geo.codes[country],
                "country": geo.country_names[country], "latitude": float(inst.lat[k]) if located else None,
                "longitude": float(inst.lon[k]) if located else None,
            },
            "associated_institutions": [
                {"id": f"{HOME}I{INSTITUTION_BASE + a}", "display_name": inst.name[a], "relationship": "parent"} for a in inst.parents[k]
            ],
            "created_date": "2025-01-01", "updated_date": UPDATED,
        })
    return rows


def _sources(world: World, works: F64) -> list[Row]:
    s = world.sources
    rows: list[Row] = []
    for k in range(len(s)):
        publisher = f"{HOME}P{PUBLISHER_BASE + int(s.publisher[k])}"
        rows.append({
            "id": f"{HOME}S{SOURCE_BASE + k}", "issn_l": s.issn_l[k], "issn": list(s.issns[k]), "display_name": s.name[k],
            "host_organization": publisher,
            "host_organization_name": publisher_name(int(s.publisher[k])), "host_organization_lineage": [publisher],
            "works_count": int(works[k]), "is_oa": False,
            "is_in_doaj": False, "is_core": bool(s.is_core[k]),
            "ids": {"openalex": f"{HOME}S{SOURCE_BASE + k}", "issn_l": s.issn_l[k], "issn": list(s.issns[k])},
            "country_code": world.geo.codes[k % world.n_countries], "type": SOURCE_TYPES[s.type[k]], "created_date": "2025-01-01",
            "updated_date": UPDATED,
        })
    return rows


def _topics(world: World, parts: Fragments) -> list[Row]:
    rows: list[Row] = []
    for t, name in enumerate(world.topics.name):
        place = json.loads("{" + parts.classification(t) + "}")
        rows.append({
            "id": f"{HOME}T{TOPIC_BASE + t}", "display_name": name, "description": f"An invented topic about {name.lower()}.",
            "keywords": name.split(" "),
            "ids": {"openalex": f"{HOME}T{TOPIC_BASE + t}"}, **place, "updated_date": UPDATED,
        })
    return rows


def authors(world: World) -> list[Row]:
    """Authors with at least one work, with their counts and last known institution."""
    works, last = np.zeros(world.people.count + len(world.merged.authors), np.int64), {}
    for low in range(0, world.works, 100_000):
        w = make(world, np.arange(low, min(world.works, low + 100_000)))
        rows = np.flatnonzero(w.author >= 0)
        np.add.at(works, w.author[rows], 1)
        for j in rows[(w.inst[rows] >= 0) & (w.year[w.a_work[rows]] >= 2024)].tolist():
            last[int(w.author[j])] = int(w.inst[j])
    found = np.flatnonzero(works)
    given, family = world.people.name_index(found)
    has, known = world.people.has_orcid(found), orcids(found)
    parts = Fragments(world)
    out: list[Row] = []
    for k, a in enumerate(found.tolist()):
        name = f"{world.people.given[given[k]]} {world.people.family[family[k]]}"
        iri = f"https://orcid.org/{known[k]}" if has[k] else None
        out.append({
            "id": f"{HOME}A{AUTHOR_BASE + a}", "orcid": iri, "display_name": name, "display_name_alternatives": [name],
            "works_count": int(works[a]),
            "ids": {"openalex": f"{HOME}A{AUTHOR_BASE + a}"},
            "last_known_institutions": [json.loads(parts.institution[last[a]])] if a in last else [],
            "updated_date": UPDATED,
        })
    return out


__all__ = ["DOMAINS", "FIELDS", "FUNDER_BASE", "authors", "records"]
