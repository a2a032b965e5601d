"""Subjects: OpenAlex's classification by name, and the five subjects of the journal list (T1.5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.observatory import Observatory
from support.tiny import observatory

TOPICS = [
    {
        "topic_id": 1,
        "name": "Catalysis",
        "subfield_id": 1600,
        "subfield_name": "General Chemistry",
        "field_id": 16,
        "field_name": "Chemistry",
        "domain_id": 3,
        "domain_name": "Physical Sciences",
        "origin": "entity",
    },
    {
        "topic_id": 2,
        "name": "Stars",
        "subfield_id": 3103,
        "subfield_name": "Astronomy",
        "field_id": 31,
        "field_name": "Physics",
        "domain_id": 3,
        "domain_name": "Physical Sciences",
        "origin": "entity",
    },
]
SOURCES = [
    {"source_id": 1, "name": "Advanced Materials", "source_type": "journal", "issn_l": "0935-9648", "origin": "entity"},
    {"source_id": 2, "name": "Nature", "source_type": "journal", "issn_l": "0028-0836", "origin": "entity"},
]


@pytest.fixture
def obs(tmp_path: Path) -> Observatory:
    common = {"n_references": 9, "authors": [[[1]]]}
    papers = [
        {"id": 1, "source_id": 1, "topic_id": 1, "field_id": 16, "subfield_id": 1600, "domain_id": 3, **common},
        {"id": 2, "source_id": 2, "topic_id": 1, "field_id": 16, "subfield_id": 1600, "domain_id": 3, "topics": {1: 0.9, 2: 0.2}, **common},
        {"id": 3, "source_id": 2, "topic_id": 2, "field_id": 31, "subfield_id": 3103, "domain_id": 3, "topics": {2: 0.8, 1: 0.5}, **common},
    ]
    return observatory(tmp_path, papers, {1: "CN"}, topic=TOPICS, source=SOURCES)


def share(obs: Observatory, **choices: object) -> float:
    rows = obs.rank("share", **choices).ranked.to_pylist()
    return rows[0]["value"] if rows else 0.0


def test_t1_5_a_paper_of_a_two_subject_journal_counts_fully_in_both_and_once_overall(obs: Observatory) -> None:
    one = {"scope": "journals-145", "sources": "0935-9648"}
    assert share(obs, **one) == 1
    assert share(obs, **one, subject="chemistry") + share(obs, **one, subject="physical") == 2


def test_titles_that_span_subjects_are_placed_article_by_article(obs: Observatory) -> None:
    nature = {"scope": "journals-145", "sources": "0028-0836"}
    assert share(obs, **nature, subject="chemistry") == 2  # a second topic counts from half of the best score
    assert share(obs, **nature, subject="physical") == 1
    assert share(obs, **nature, subject="health") == 0


@pytest.mark.parametrize(
    ("name", "papers"), [("Chemistry", 2), ("field:31", 1), ("Physical Sciences", 3), ("astronomy", 1), ("Catalysis", 2)]
)
def test_openalex_subjects_by_name_or_id(obs: Observatory, name: str, papers: int) -> None:
    assert share(obs, subject=name) == papers
