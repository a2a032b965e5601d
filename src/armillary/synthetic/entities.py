"""Own records of institutions, sources, topics, funders, publishers and authors, with the keys that OpenAlex serves."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from armillary.synthetic.catalogue import PUBLISHERS, SOURCE_TYPES
from armillary.synthetic.draws import F64
from armillary.synthetic.fragments import HOME, Fragments, dump, publisher_name
from armillary.synthetic.institutions import TYPES
from armillary.synthetic.people import orcids
from armillary.synthetic.works import Works
from armillary.synthetic.world import AUTHOR_BASE, INSTITUTION_BASE, PUBLISHER_BASE, SOURCE_BASE, TOPIC_BASE, World

UPDATED = "2025-11-06T02:10:11.000000"
Row = dict[str, Any]
GEONAMES_BASE = 99_000_000
SEEN_SINCE = 2024
"""City ids of the world, where GeoNames has none."""


def records(world: World, works_of_institution: F64, works_of_source: F64) -> dict[str, list[str]]:
    """Records of all entities but works and authors, as JSON text."""
    parts = Fragments(world)
    found = {
        "institutions": _institutions(world, works_of_institution),
        "sources": _sources(world, works_of_source),
        "topics": _topics(world, parts),
        "funders": [{**json.loads(text), "updated_date": UPDATED} for text in parts.funder],
        "publishers": [
            {"id": f"{HOME}P{PUBLISHER_BASE + k}", "display_name": publisher_name(k), "updated_date": UPDATED} for k in range(PUBLISHERS)
        ],
    }
    return {entity: [dump(row) for row in rows] for entity, rows in found.items()}


def _institutions(world: World, works: F64) -> list[Row]:
    inst, geo = world.inst, world.geo
    rows: list[Row] = []
    for k in range(len(inst)):
        iri, city, country = f"{HOME}I{INSTITUTION_BASE + k}", int(inst.city[k]), int(inst.country[k])
        located = inst.is_located[k]
        rows.append(
            {
                "id": iri,
                "ror": f"https://ror.org/{inst.ror[k]}",
                "display_name": inst.name[k],
                "country_code": geo.codes[country],
                "type": TYPES[inst.type[k]],
                "lineage": [f"{HOME}I{INSTITUTION_BASE + a}" for a in inst.lineage[k]],
                "is_super_system": False,
                "homepage_url": None,
                "display_name_acronyms": [],
                "display_name_alternatives": [],
                "works_count": int(works[k]),
                "ids": {"openalex": iri, "ror": f"https://ror.org/{inst.ror[k]}"},
                "geo": {
                    "city": geo.city_names[city],
                    "geonames_city_id": str(GEONAMES_BASE + city),
                    "region": None,
                    "country_code": geo.codes[country],
                    "country": geo.country_names[country],
                    "latitude": float(inst.lat[k]) if located else None,
                    "longitude": float(inst.lon[k]) if located else None,
                },
                "associated_institutions": [
                    {"id": f"{HOME}I{INSTITUTION_BASE + a}", "display_name": inst.name[a], "relationship": "parent"}
                    for a in inst.parents[k]
                ],
                "created_date": "2025-01-01",
                "updated_date": UPDATED,
            }
        )
    return rows


def _sources(world: World, works: F64) -> list[Row]:
    s = world.sources
    rows: list[Row] = []
    for k in range(len(s)):
        publisher = f"{HOME}P{PUBLISHER_BASE + int(s.publisher[k])}"
        rows.append(
            {
                "id": f"{HOME}S{SOURCE_BASE + k}",
                "issn_l": s.issn_l[k],
                "issn": list(s.issns[k]),
                "display_name": s.name[k],
                "host_organization": publisher,
                "host_organization_name": publisher_name(int(s.publisher[k])),
                "host_organization_lineage": [publisher],
                "works_count": int(works[k]),
                "is_oa": False,
                "is_in_doaj": False,
                "is_core": bool(s.is_core[k]),
                "ids": {"openalex": f"{HOME}S{SOURCE_BASE + k}", "issn_l": s.issn_l[k], "issn": list(s.issns[k])},
                "country_code": world.geo.codes[k % world.n_countries],
                "type": SOURCE_TYPES[s.type[k]],
                "created_date": "2025-01-01",
                "updated_date": UPDATED,
            }
        )
    return rows


def _topics(world: World, parts: Fragments) -> list[Row]:
    rows: list[Row] = []
    for t, name in enumerate(world.topics.name):
        place = json.loads("{" + parts.classification(t) + "}")
        rows.append(
            {
                "id": f"{HOME}T{TOPIC_BASE + t}",
                "display_name": name,
                "description": f"An invented topic about {name.lower()}.",
                "keywords": name.split(" "),
                "ids": {"openalex": f"{HOME}T{TOPIC_BASE + t}"},
                **place,
                "updated_date": UPDATED,
            }
        )
    return rows


class AuthorCounts:
    """Works of each author, and where he was last seen since :data:`SEEN_SINCE`; filled part by part, in order."""

    def __init__(self, world: World) -> None:
        n = world.people.count + len(world.merged.authors)
        self.works = np.zeros(n, np.int32)
        self.last = np.full(n, -1, np.int32)

    def add(self, w: Works) -> None:
        """Count some works, later ones after earlier ones."""
        rows = np.flatnonzero(w.author >= 0)
        np.add.at(self.works, w.author[rows], np.int32(1))
        rows = rows[(w.inst[rows] >= 0) & (w.year[w.a_work[rows]] >= SEEN_SINCE)]
        self.last[w.author[rows]] = w.inst[rows]  # of equal indices the last one stays


def authors(world: World, counted: AuthorCounts) -> list[str]:
    """Records of authors with at least one work, as JSON text, with their counts and last known institution."""
    found = np.flatnonzero(counted.works)
    given, family = (c.tolist() for c in world.people.name_index(found))
    has, iris = world.people.has_orcid(found).tolist(), orcids(found)
    last, works = counted.last[found].tolist(), counted.works[found].tolist()
    institution = Fragments(world).institution
    first_names, last_names = world.people.given, world.people.family
    return [
        f'{{"id":"{HOME}A{AUTHOR_BASE + a}","orcid":{_quoted("https://orcid.org/" + iris[k]) if has[k] else "null"},'
        f'"display_name":"{(name := f"{first_names[given[k]]} {last_names[family[k]]}")}","display_name_alternatives":["{name}"],'
        f'"works_count":{works[k]},"ids":{{"openalex":"{HOME}A{AUTHOR_BASE + a}"}},'
        f'"last_known_institutions":[{institution[last[k]] if last[k] >= 0 else ""}],"updated_date":"{UPDATED}"}}'
        for k, a in enumerate(found.tolist())
    ]


def _quoted(text: str) -> str:
    return f'"{text}"'
