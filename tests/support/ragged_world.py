"""A small world in which every record lacks something that some indicator needs, and institutions lack places, countries and types."""

from __future__ import annotations

from typing import Any

from support.rich_world import rich_world


def ragged_world(seed: int = 7, n: int = 60) -> tuple[list[dict[str, Any]], dict[int, dict[str, Any]], dict[str, list[dict[str, Any]]]]:
    """As :func:`support.rich_world.rich_world`, with gaps."""
    papers, institutions, more = rich_world(seed, n)
    for gap, (start, step) in {
        "field_id": (0, 9),
        "subfield_id": (0, 9),
        "year": (1, 11),
        "type": (2, 13),
        "doi": (3, 7),
        "oa_status": (4, 5),
        "n_references": (5, 9),
        "language": (6, 9),
    }.items():
        for p in papers[start::step]:
            p[gap] = None
    for p in papers:
        if p["year"] == 2015:
            p["sdgs"] = {}
    for p in papers[9::8]:  # never classified by goal
        p |= {"sdgs": {}, "is_sdg_classified": False}
    for i, p in enumerate(papers):  # OpenAlex's own scores, but for every fourth
        if i % 4:
            p |= {"fwci_given": i / 20, "percentile_given": i / n, "is_top10_given": i > 0.9 * n, "is_top1_given": i > 0.99 * n}
    more["work_citation_year"] = [{"work_id": p["id"], "year": 2017, "cited_by_n": 2} for p in papers[::3]]
    for p in papers[5::6]:  # on one institution alone
        p["authors"] = [{"addresses": [[1]], "id": 90, "corresponding": True, "name": "A Bee"}]
    for p in papers[6::10]:  # authors without any institution, some with a country that the record names
        p["authors"] = [{"addresses": [[]], "id": 91, "countries": ["BR"]}, {"addresses": [], "id": None}]
    for p in papers[7::12]:
        p["authors"] = [{"addresses": [[]], "id": None, "name": "C Dee"}]
    for p in papers[8::14]:  # an author at two institutions of which one has no country
        p["authors"] = [
            {"addresses": [[2, 9]], "id": 92},
            {"addresses": [[9], [3]], "id": 93, "corresponding": True},
            {"addresses": [[]], "id": 94},
        ]
    more["policy_document"].append({"policy_id": "P99", "title": "Leaflet", "organisation": None, "organisation_type": "ngo", "year": 2020})
    cited = {c["doi"] for c in more["policy_citation"]}
    alone = next(
        p for p in papers[9:] if p["doi"] and p["doi"] not in cited and p["authors"][0]["addresses"] and p["authors"][0]["addresses"][0]
    )
    more["policy_citation"].append({"policy_id": "P99", "doi": alone["doi"], "group": None})
    institutions[9] = {"country_code": None, "institution_type": None, "city": None, "lat_deg": None, "lon_deg": None}
    institutions[4] |= {"lat_deg": None, "lon_deg": None}
    more["institution_place"] = [r for r in more["institution_place"] if r["institution_id"] not in (4, 9)]
    more["institution_parent"] = [
        {"institution_id": 3, "parent_id": 7, "relation": "parent"},
        {"institution_id": 6, "parent_id": 1, "relation": "parent"},
        {"institution_id": 6, "parent_id": 2, "relation": "parent"},
    ]
    return papers, institutions, more
