"""Each oddity of real OpenAlex records, on a record made by hand. Its twin on the real records is in test_real.py."""

from __future__ import annotations

import hashlib

import pytest

from .conftest import LINK, author, institution, work


def rows(store, table, *columns):
    return [tuple(r[c] for c in columns) for r in store.read(table).to_pylist()]


def quirks(store):
    return {r["quirk"]: r["occurrences_n"] for r in store.read("quirk").to_pylist()}


def test_ordinary_work(read) -> None:
    one, two = institution(5, "FR"), institution(3, "DE")
    store, _ = read(
        [work(9, author(1, ("Line A", [one])), author(2, ("Line A", [one]), ("Line B", [one, two])), referenced_works=[f"{LINK}W4"])]
    )
    assert rows(store, "authorship", "author_seq", "author_id", "author_name", "position", "n_addresses", "n_author_institutions") == [
        (1, 1, "A. 1", "first", 1, 1),
        (2, 2, "A. 2", "last", 2, 2),
    ]
    assert rows(store, "affiliation", "author_seq", "address_seq", "institution_id", "country_code", "n_in_address", "is_repeat") == [
        (1, 1, 5, "FR", 1, False),
        (2, 1, 5, "FR", 1, False),
        (2, 2, 3, "DE", 2, False),
        (2, 2, 5, "FR", 2, True),
    ]
    expected = int.from_bytes(hashlib.sha256(b"Line A").digest()[:8], "big", signed=True)
    assert store.read("affiliation")["raw_hash"].to_pylist()[:2] == [expected, expected]
    assert rows(store, "citation", "citing_id", "cited_id", "citing_year") == [(9, 4, 2020)]
    assert rows(store, "work", "doi", "source_id", "n_authors", "n_references") == [("10.5555/9", 7, 2, 1)]
    assert "author_country" not in store.tables()


def test_corresponding_null_is_unknown(read) -> None:
    store, _ = read(
        [work(1, author(1, is_corresponding=None), author(2, is_corresponding=True), author(3), author(4, is_corresponding=True))]
    )
    assert store.read("authorship")["is_corresponding"].to_pylist() == [None, True, False, True]
    assert store.read("affiliation")["is_corresponding"].to_pylist() == [None, True, False, True]
    assert store.read("work")["n_corresponding"].to_pylist() == [2]
    assert quirks(store)["corresponding-unknown"] == 1


def test_author_without_institution_keeps_a_row(read) -> None:
    store, _ = read([work(1, author(1), author(2, ("Somewhere", [])), author(3, ("Home", [institution(5)])))])
    assert rows(
        store, "affiliation", "author_seq", "address_seq", "institution_id", "n_in_address", "n_addresses", "n_author_institutions"
    ) == [(1, 0, None, 0, 0, 0), (2, 1, None, 0, 1, 0), (3, 1, 5, 1, 1, 1)]
    assert quirks(store)["author-without-institution"] == 2


def test_work_without_authors(read) -> None:
    store, _ = read([work(1), work(2, authorships=None)])
    assert store.read("work")["n_authors"].to_pylist() == [0, 0]
    assert "authorship" not in store.tables()
    assert quirks(store)["no-authors"] == 2


def test_institution_without_id_ror_country(read) -> None:
    nameless = institution(None, None, ror=None)
    store, _ = read([work(1, author(1, ("Line", [nameless])), author(2, ("Line", [institution(5, None, ror=None)])))])
    assert rows(store, "affiliation", "address_seq", "institution_id", "country_code", "n_in_address", "n_author_institutions") == [
        (1, None, None, 0, 0),
        (1, 5, None, 1, 1),
    ]
    found = quirks(store)
    assert (found["institution-without-id"], found["institution-without-ror"], found["institution-without-country"]) == (1, 2, 2)
    assert rows(store, "institution", "institution_id", "ror_id", "country_code", "origin") == [(5, None, None, "mention")]


def test_nameless_institution_beside_a_matched_one_takes_no_share(read) -> None:
    a = {"author": {"id": f"{LINK}A1"}, "institutions": [institution(None), institution(5)], "raw_affiliation_string": "Both"}
    store, _ = read([work(1, a)])
    assert rows(store, "affiliation", "address_seq", "institution_id", "n_in_address") == [(1, 5, 1)]


def test_countries_without_institutions_and_reverse(read) -> None:
    store, _ = read(
        [
            work(
                1,
                author(1, countries=["US", "CN", "US"]),
                author(2, ("L", [institution(5, "FR")]), countries=[]),
                author(3, ("L", [institution(5, "FR")]), countries=["FR", "IT"]),
            )
        ]
    )
    assert rows(store, "author_country", "author_seq", "country_code") == [(1, "CN"), (1, "US"), (3, "IT")]
    found = quirks(store)
    assert (found["countries-without-institution"], found["institution-but-no-countries"]) == (1, 1)


def test_null_author(read) -> None:
    store, _ = read([work(1, author(None), author(2, author=None))])
    assert rows(store, "authorship", "author_id", "author_name") == [(None, "A. None"), (None, "A. 2")]
    assert quirks(store)["no-author-id"] == 2


def test_null_location_and_source(read) -> None:
    store, _ = read([work(1, primary_location=None), work(2, primary_location={"source": None})])
    assert store.read("work")["source_id"].to_pylist() == [None, None]
    found = quirks(store)
    assert (found["no-location"], found["no-source"]) == (1, 2)


@pytest.mark.parametrize("link", ["S42", "V42"])
def test_old_host_venue(read, link: str) -> None:
    old = work(1, host_venue={"id": LINK + link, "display_name": "Old", "type": "journal", "issn": ["1234-5679"], "publisher": "P"})
    del old["primary_location"], old["awards"], old["is_xpac"], old["topics"]
    store, done = read([old])
    assert rows(store, "work", "source_id", "is_xpac") == [(42, None)]
    assert rows(store, "source", "source_id", "name", "publisher", "issns", "origin") == [(42, "Old", "P", "1234-5679", "mention")]
    assert quirks(store)["host-venue"] == 1
    assert store.read("manifest")["schema_generation"].to_pylist() == ["2021-host_venue"]
    assert done.entities["works"]["kept"] == 1


def test_old_single_affiliation_string(read) -> None:
    def old(number, text, *institutions):
        for i in institutions:
            i.pop("lineage", None)
        return {
            "author": {"id": f"{LINK}A{number}", "display_name": "N"},
            "author_position": "first",
            "institutions": list(institutions),
            "raw_affiliation_string": text,
        }

    store, _ = read(
        [
            work(
                1,
                old(1, "One", institution(5)),
                old(2, "Two of one", institution(9), institution(12)),
                old(3, None, institution(7)),
                old(4, "Unmatched"),
                old(5, None),
            )
        ]
    )
    assert rows(store, "affiliation", "author_seq", "address_seq", "institution_id", "n_in_address", "n_addresses") == [
        (1, 1, 5, 1, 1),
        (2, 1, 9, 2, 1),
        (2, 1, 12, 2, 1),
        (3, 0, 7, 1, 0),
        (4, 1, None, 0, 1),
        (5, 0, None, 0, 0),
    ]
    found = quirks(store)
    assert (found["one-affiliation-string"], found["institution-without-lineage"]) == (3, 4)
    assert "institution_parent" not in store.tables()


def test_several_strings_that_are_not_tied(read) -> None:
    a = author(1, institutions=[institution(9), institution(5)], raw_affiliation_strings=["A", "B"])
    del a["affiliations"]
    store, _ = read([work(1, a)])
    assert rows(store, "affiliation", "address_seq", "institution_id", "n_in_address", "n_addresses", "n_author_institutions") == [
        (0, 5, 2, 2, 2),
        (0, 9, 2, 2, 2),
    ]
    assert quirks(store)["institution-not-tied-to-address"] == 1


def test_same_line_twice_is_one_address(read) -> None:
    store, _ = read(
        [work(1, author(1, ("Same", [institution(5)]), ("Same", [institution(5), institution(3)]), ("Other", [institution(5)])))]
    )
    assert rows(store, "affiliation", "address_seq", "institution_id", "n_in_address", "is_repeat", "n_addresses") == [
        (1, 3, 2, False, 2),
        (1, 5, 2, False, 2),
        (2, 5, 1, True, 2),
    ]


def test_markup_in_title_is_kept_raw(read) -> None:
    title = "Fe<sub>2</sub>O<sub>3</sub> &amp; <mml:math>x</mml:math>"
    store, _ = read(
        [work(1, title=title), work(2, title="a < b"), work(3, title=None, display_name="Shown"), work(4, title=None, doi=None)]
    )
    assert store.read("work")["title"].to_pylist() == [title, "a < b", "Shown", None]
    found = quirks(store)
    assert (found["markup-in-title"], found["no-title"], found["no-doi"]) == (1, 1, 1)


@pytest.mark.parametrize("n", [100, 300])
def test_many_authors(read, n: int) -> None:
    store, _ = read([work(1, *(author(k, ("L", [institution(5)])) for k in range(1, n + 1)))])
    seq = store.read("authorship")["author_seq"].to_pylist()
    assert seq == list(range(1, n + 1))
    assert store.read("authorship")["position"].to_pylist() == ["first", *["middle"] * (n - 2), "last"]
    assert quirks(store)["authors-exactly-100" if n == 100 else "authors-over-100"] == 1


def test_sole_author_is_first(read) -> None:
    store, _ = read([work(1, author(1, author_position="last"))])
    assert store.read("authorship")["position"].to_pylist() == ["first"]


def test_truncated_author_list(read) -> None:
    store, _ = read(
        [work(1, author(1), is_authors_truncated=True), work(2, author(1), authors_count=5), work(3, author(1), authors_count=1)]
    )
    assert store.read("work")["is_authors_truncated"].to_pylist() == [True, True, False]
    assert quirks(store)["authors-truncated"] == 2


def test_a_record_without_a_list_of_references_is_unknown_and_not_zero(read) -> None:
    store, _ = read(
        [
            work(1, author(1), referenced_works=None),
            work(2, author(1), referenced_works=[]),
            work(3, author(1), referenced_works=[f"{LINK}W9"]),
        ]
    )
    assert store.read("work")["n_references"].to_pylist() == [None, 0, 1]


def test_self_citation_and_duplicate_references(read) -> None:
    links = [f"{LINK}W{n}" for n in (5, 1, 3, 5)]
    store, done = read([work(1, referenced_works=[*links, None]), work(5, referenced_works=[f"{LINK}W1"])])
    assert rows(store, "citation", "citing_id", "cited_id") == [(1, 3), (1, 5), (5, 1)]
    assert store.read("work")["n_references"].to_pylist() == [5, 1]
    assert (done.quirks["self-citation"], quirks(store)["self-citation"], quirks(store)["duplicate-reference"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("served", "today"),
    [
        ("journal-article", "article"),
        ("proceedings-article", "conference-paper"),
        ("conference-paper", "conference-paper"),
        ("posted-content", "preprint"),
        ("monograph", "book"),
        ("journal-issue", "paratext"),
        ("article", "article"),
        ("review", "review"),
        ("something-new", "something-new"),
        (None, None),
    ],
)
def test_type_vocabularies(read, served, today) -> None:
    store, _ = read([work(1, type=served)])
    assert rows(store, "work", "type", "type_raw", "is_paratext") == [(today, served, today == "paratext")]


def test_flags(read) -> None:
    store, _ = read(
        [
            work(1, is_retracted=True),
            work(2, is_paratext=True),
            work(3, is_xpac=True),
            work(4, is_retracted=None, is_paratext=None, is_xpac=None),
        ]
    )
    assert rows(store, "work", "is_retracted", "is_paratext", "is_xpac") == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
        (False, False, None),
    ]
    found = quirks(store)
    assert (found["retracted"], found["paratext"], found["xpac"]) == (1, 1, 1)


def test_concepts_without_topics(read) -> None:
    old = work(1, concepts=[{"id": f"{LINK}C1", "score": "0.5"}], topics=None)
    store, _ = read([old])
    assert rows(store, "work", "topic_id", "field_id") == [(None, None)]
    assert quirks(store)["concepts-without-topics"] == 1


def test_topics_and_goals(read) -> None:
    def level(kind, n):
        return {"id": f"{LINK}{kind}/{n}", "display_name": f"{kind} {n}"}

    topics = [
        {
            "id": f"{LINK}T{n}",
            "display_name": f"Topic {n}",
            "score": s,
            "subfield": level("subfields", 1000 + n),
            "field": level("fields", 17),
            "domain": level("domains", 3),
        }
        for n, s in ((10002, 1), (10001, 0.5))
    ]
    store, _ = read(
        [
            work(
                1,
                topics=topics,
                primary_topic=topics[0],
                sustainable_development_goals=[
                    {"id": "https://metadata.un.org/sdg/13", "score": 0.8},
                    {"id": "https://openalex.org/sdgs/7", "score": 0.4},
                ],
            )
        ]
    )
    assert rows(store, "work", "topic_id", "subfield_id", "field_id", "domain_id") == [(10002, 11002, 17, 3)]
    assert rows(store, "work_topic", "topic_id", "score") == [(10001, 0.5), (10002, 1.0)]
    assert [r[0] for r in rows(store, "work_sdg", "sdg_id")] == [7, 13]
    assert rows(store, "topic", "topic_id", "name", "subfield_name", "domain_id", "origin") == [
        (10001, "Topic 10001", "subfields 11001", 3, "mention"),
        (10002, "Topic 10002", "subfields 11002", 3, "mention"),
    ]


def test_awards_grants_and_funders(read) -> None:
    new = work(
        1,
        awards=[{"id": f"{LINK}G1", "funder_id": f"{LINK}F8", "funder_display_name": "Fund", "funder_award_id": "X-1"}],
        funders=[{"id": f"{LINK}F8", "display_name": "Fund"}, {"id": f"{LINK}F9", "display_name": "Other"}],
    )
    old = work(2, grants=[{"funder": f"{LINK}F8", "funder_display_name": "Fund", "award_id": None}])
    del old["awards"]
    store, _ = read([new, old])
    assert rows(store, "work_award", "work_id", "funder_id", "name", "award_id") == [
        (1, 8, "Fund", "X-1"),
        (1, 9, "Other", None),
        (2, 8, "Fund", None),
    ]


def test_abstracts(read) -> None:
    index = {"two": [1, 3], "One": [0], "three.": [2]}
    records = [
        work(1, abstract_inverted_index=index),
        work(2, abstract_inverted_index={"IndexLength": 4, "InvertedIndex": index}),
        work(3, abstract="Plain text"),
        work(4, abstract_inverted_index=None),
        work(5, abstract_inverted_index={}),
        work(6, abstract_inverted_index={"IndexLength": [0], "matters": [1]}),
    ]
    store, _ = read(records, abstracts=True)
    assert rows(store, "work_abstract", "work_id", "abstract") == [
        (1, "One two three. two"),
        (2, "One two three. two"),
        (3, "Plain text"),
        (6, "IndexLength matters"),
    ]
    assert store.read("work")["has_abstract"].to_pylist() == [True, True, True, False, False, True]


def test_abstracts_are_left_out_unless_asked_for(read) -> None:
    store, _ = read([work(1, abstract_inverted_index={"a": [0]})])
    assert "work_abstract" not in store.tables()
    assert store.read("work")["has_abstract"].to_pylist() == [True]


def test_warehouse_shape(read) -> None:
    """Keys in another order, no author_position, raw_orcid, topics_key, no updated_date."""
    a = author(1, ("L", [institution(5)]), raw_orcid=None)
    shape = work(1, a, topics_key=12345, indexed_in_crossref=True)
    del shape["updated_date"]
    store, _ = read([dict(reversed(shape.items()))])
    assert store.read("manifest")["schema_generation"].to_pylist() == ["warehouse"]
    assert rows(store, "work", "updated_date") == [(None,)]
    assert quirks(store)["no-updated-date"] == 1


def test_odd_ids_doi_and_numbers_in_quotes(read) -> None:
    odd = work(
        3,
        author(1, author={"id": "A77", "orcid": "https://orcid.org/0000-0001-2345-6789"}),
        id="W3",
        doi="doi:10.1/ABC",
        cited_by_count="12",
        referenced_works=["W4", "nonsense", "https://openalex.org/works/W8"],
        publication_date="2020-13-40",
    )
    store, _ = read([odd])
    assert rows(store, "work", "work_id", "doi", "cited_by_n", "date") == [(3, "10.1/abc", 12, None)]
    assert rows(store, "authorship", "author_id", "orcid") == [(77, "0000-0001-2345-6789")]
    assert [c for _, c in rows(store, "citation", "citing_id", "cited_id")] == [4, 8]
    found = quirks(store)
    assert (found["unusual-id"], found["odd-id-reference"], found["bad-date"]) == (1, 1, 1)


def test_twice_keeps_the_newest(read) -> None:
    records = [
        work(1, author(1), title="old", updated_date="2024-01-01"),
        work(2, title="other"),
        work(1, author(1), author(2), title="new", updated_date="2025-06-01", referenced_works=[f"{LINK}W2"]),
        work(1, title="undated", updated_date=None),
    ]
    store, done = read(records)
    assert rows(store, "work", "work_id", "title", "n_authors") == [(1, "new", 2), (2, "other", 0)]
    assert rows(store, "authorship", "work_id", "author_id") == [(1, 1), (1, 2)]
    assert done.entities["works"] == {"files": 1, "records": 4, "kept": 2, "superseded": 2, "rejected": 0}


def test_lineage_gives_parents(read) -> None:
    child = institution(5, lineage=[f"{LINK}I5", f"{LINK}I2", f"{LINK}I1"])
    store, _ = read([work(1, author(1, ("L", [child])))])
    assert rows(store, "institution_parent", "institution_id", "parent_id", "relation") == [(5, 1, "lineage"), (5, 2, "lineage")]


def test_newest_mention_wins_in_any_order(read) -> None:
    records = [
        work(1, author(1, ("L", [institution(5, display_name="Old name")])), updated_date="2023-01-01"),
        work(2, author(1, ("L", [institution(5, display_name="B tied")])), updated_date="2024-01-01"),
        work(3, author(1, ("L", [institution(5, display_name="C tied")])), updated_date="2024-01-01"),
    ]
    for order in (records, records[::-1]):
        store, _ = read(order)
        assert rows(store, "institution", "name", "updated_date") == [("C tied", "2024-01-01")]
