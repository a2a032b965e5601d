"""A small random world with all that any indicator reads: goals, policy documents, patent citations, places, types of institution."""

from __future__ import annotations

import random
from typing import Any

from support.random_world import random_world

SECTORS = ("education", "company", "healthcare", "government", "education", "funder", "company", "nonprofit")
CITIES = (("beijing", 39.9, 116.4), ("boston", 42.4, -71.1), ("berlin", 52.5, 13.4), ("potsdam", 52.4, 13.06))


def rich_world(seed: int, n: int = 60) -> tuple[list[dict[str, Any]], dict[int, dict[str, Any]], dict[str, list[dict[str, Any]]]]:
    """Papers, institutions and further core tables for :func:`support.tiny.observatory`."""
    draw = random.Random(seed)
    papers, countries = random_world(seed, n)
    for p in papers:
        p |= {"doi": f"10.5555/{p['id']}", "cited_by_n": draw.randint(0, 20)}
        p["oa_status"] = draw.choice(["gold", "green", "bronze", "hybrid", "closed", None])
        p["source_id"] = draw.choice([1, 2, None])
        p["sdgs"] = {g: draw.random() for g in draw.sample(range(1, 18), draw.randint(0, 2))}
        if p["id"] > 3 and p["references"]:  # most also cite paper 1 or 2, so that some papers have ten citations
            p["references"] = sorted({*p["references"], 1 + p["id"] % 2})
        for k, author in enumerate(p["authors"]):
            author |= {"corresponding": draw.choice([True, False, None]), "name": f"{'ABCD'[k]} {chr(65 + author['id'] % 26)}son"}
    institutions = {}
    for i, country in countries.items():
        city, lat, lon = CITIES[i % len(CITIES)]
        institutions[i] = {
            "country_code": country,
            "institution_type": SECTORS[i % len(SECTORS)],
            "city": city,
            "lat_deg": lat,
            "lon_deg": lon,
        }
    policies = [
        {
            "policy_id": f"P{k}",
            "title": f"Report {k}",
            "organisation": draw.choice("ABCDEFG"),
            "organisation_type": "government",
            "country_code": draw.choice(["US", "DE", "FR", "BR", "IN", None]),
            "year": draw.choice([2018, 2020, None]),
        }
        for k in range(14)
    ]
    cites = {(draw.randrange(14), draw.randint(1, n)) for _ in range(24)}
    patents = {(draw.randrange(6), draw.randint(1, n)) for _ in range(30)}
    more = {
        "policy_document": policies,
        "policy_citation": [{"policy_id": f"P{k}", "doi": f"10.5555/{i}", "group": None} for k, i in sorted(cites)],
        "patent_citation": [
            {"patent_id": f"X{k}", "work_id": i if i % 2 else None, "doi": None if i % 2 else f"10.5555/{i}"} for k, i in sorted(patents)
        ],
        "place": [
            {"place_id": c, "name": c.title(), "place_kind": "city", "country_code": "XX", "lat_deg": la, "lon_deg": lo}
            for c, la, lo in CITIES
        ],
        "institution_place": [
            {"institution_id": i, "place_id": v["city"], "assigned_by": "test", "distance_km": 0.0} for i, v in institutions.items()
        ],
        "source": [
            {
                "source_id": 1,
                "name": "Journal",
                "source_type": "journal",
                "issn_l": "0028-0836",
                "issns": "0028-0836",
                "is_core_listed": True,
                "origin": "entity",
            },
            {"source_id": 2, "name": "Series", "source_type": "book series", "is_core_listed": False, "origin": "entity"},
        ],
        "topic": [
            {
                "topic_id": f * 10,
                "name": f"T{f}",
                "subfield_id": f * 100,
                "subfield_name": f"S{f}",
                "field_id": f,
                "field_name": f"F{f}",
                "domain_id": 1,
                "domain_name": "D",
                "origin": "entity",
            }
            for f in (11, 16)
        ],
    }
    return papers, institutions, more
