"""The plain way to load OpenAlex: one process, ``gzip`` + ``json`` + ``csv.DictWriter``, one CSV a table.

Written by us after the way the public flattening script of OpenAlex works (same tables, same columns): each line is parsed into
dictionaries, and each nested list becomes rows of another CSV. ``compress`` writes .csv.gz as that script does. ``tables`` limits it to
some tables, so that equal work can be compared.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

LOCATION = ["work_id", "source_id", "landing_page_url", "pdf_url", "is_oa", "version", "license"]
COLUMNS: dict[str, list[str]] = {
    "works": [
        "id",
        "doi",
        "title",
        "display_name",
        "publication_year",
        "publication_date",
        "type",
        "cited_by_count",
        "is_retracted",
        "is_paratext",
        "cited_by_api_url",
        "abstract_inverted_index",
        "language",
    ],
    "works_primary_locations": LOCATION,
    "works_locations": LOCATION,
    "works_best_oa_locations": LOCATION,
    "works_authorships": ["work_id", "author_position", "author_id", "institution_id", "raw_affiliation_string"],
    "works_biblio": ["work_id", "volume", "issue", "first_page", "last_page"],
    "works_topics": ["work_id", "topic_id", "score"],
    "works_concepts": ["work_id", "concept_id", "score"],
    "works_ids": ["work_id", "openalex", "doi", "mag", "pmid", "pmcid"],
    "works_mesh": ["work_id", "descriptor_ui", "descriptor_name", "qualifier_ui", "qualifier_name", "is_major_topic"],
    "works_open_access": ["work_id", "is_oa", "oa_status", "oa_url", "any_repository_has_fulltext"],
    "works_referenced_works": ["work_id", "referenced_work_id"],
    "works_related_works": ["work_id", "related_work_id"],
    # not in the public script; core has them, so the comparison of equal tables does too
    "works_sdgs": ["work_id", "sdg_id", "score"],
    "works_counts_by_year": ["work_id", "year", "cited_by_count"],
    "works_grants": ["work_id", "funder_id", "award_id"],
}
PUBLIC = [t for t in COLUMNS if t not in ("works_sdgs", "works_counts_by_year", "works_grants")]
EQUAL = ["works", "works_authorships", "works_topics", "works_referenced_works", "works_sdgs", "works_counts_by_year", "works_grants"]
"""The tables of core that hang on a work."""


def flatten(files: list[Path], out: Path, *, tables: list[str], compress: bool) -> int:
    """Flatten works; returns how many."""
    out.mkdir(parents=True, exist_ok=True)
    n = 0
    with ExitStack() as stack:
        writers = {}
        for name in tables:
            path = out / f"{name}.csv{'.gz' if compress else ''}"
            opened = gzip.open(path, "wt", encoding="utf-8") if compress else path.open("w", encoding="utf-8", newline="")  # noqa: SIM115
            writers[name] = csv.DictWriter(stack.enter_context(opened), COLUMNS[name], extrasaction="ignore")
            writers[name].writeheader()
        for path in files:
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                for line in lines:
                    if not line.strip():
                        continue
                    work = json.loads(line)
                    if not work.get("id"):
                        continue
                    n += 1
                    for name, row in rows(work, "works" in tables):
                        if name in writers:
                            writers[name].writerow(row)
    return n


def rows(work: dict[str, Any], with_abstract: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """``(table, row)`` of one work."""
    work_id = work["id"]
    if with_abstract and (abstract := work.get("abstract_inverted_index")) is not None:
        work["abstract_inverted_index"] = json.dumps(abstract, ensure_ascii=False)
    yield "works", work
    for table, key in (("works_primary_locations", "primary_location"), ("works_best_oa_locations", "best_oa_location")):
        place = work.get(key)
        if place and (place.get("source") or {}).get("id"):
            yield table, _location(work_id, place)
    for place in work.get("locations") or ():
        if (place.get("source") or {}).get("id"):
            yield "works_locations", _location(work_id, place)
    for authorship in work.get("authorships") or ():
        author_id = (authorship.get("author") or {}).get("id")
        if author_id:
            ids = [i for i in [i.get("id") for i in authorship.get("institutions") or ()] if i] or [None]
            for institution_id in ids:
                yield (
                    "works_authorships",
                    {
                        "work_id": work_id,
                        "author_position": authorship.get("author_position"),
                        "author_id": author_id,
                        "institution_id": institution_id,
                        "raw_affiliation_string": authorship.get("raw_affiliation_string"),
                    },
                )
    if biblio := work.get("biblio"):
        yield "works_biblio", {"work_id": work_id, **biblio}
    for topic in work.get("topics") or ():
        if topic.get("id"):
            yield "works_topics", {"work_id": work_id, "topic_id": topic["id"], "score": topic.get("score")}
    for concept in work.get("concepts") or ():
        if concept.get("id"):
            yield "works_concepts", {"work_id": work_id, "concept_id": concept["id"], "score": concept.get("score")}
    if known := work.get("ids"):
        yield "works_ids", {"work_id": work_id, **known}
    for mesh in work.get("mesh") or ():
        yield "works_mesh", {"work_id": work_id, **mesh}
    if access := work.get("open_access"):
        yield "works_open_access", {"work_id": work_id, **access}
    for cited in work.get("referenced_works") or ():
        if cited:
            yield "works_referenced_works", {"work_id": work_id, "referenced_work_id": cited}
    for related in work.get("related_works") or ():
        if related:
            yield "works_related_works", {"work_id": work_id, "related_work_id": related}
    for goal in work.get("sustainable_development_goals") or ():
        yield "works_sdgs", {"work_id": work_id, "sdg_id": goal.get("id"), "score": goal.get("score")}
    for year in work.get("counts_by_year") or ():
        yield "works_counts_by_year", {"work_id": work_id, **year}
    for award in work.get("awards") or work.get("grants") or ():
        funder = award.get("funder_id") or award.get("funder")
        yield "works_grants", {"work_id": work_id, "funder_id": funder, "award_id": award.get("funder_award_id")}


def _location(work_id: str, place: dict[str, Any]) -> dict[str, Any]:
    return {"work_id": work_id, "source_id": place["source"]["id"], **{k: place.get(k) for k in LOCATION[2:]}}
