"""The Parquet snapshot gives the same rows as the JSONL snapshot, and reads no leaf that it does not need."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.store import Store
from armillary.errors import InputError
from armillary.sources.openalex import ids, leaves
from armillary.sources.openalex.ingest import ingest
from armillary.synthetic import World
from armillary.synthetic.beside import write_world
from armillary.synthetic.write_parquet import WORK_SCHEMA

from .conftest import LINK, Record, author, content, institution, work, write_lines


def as_parquet(path: Path, records: list[Record], row_group: int = 500) -> Path:
    """Records of today's shape as the snapshot stores them: nested columns, the abstract's index as text."""
    rows = [
        r | {"abstract_inverted_index": json.dumps(r["abstract_inverted_index"]) if r.get("abstract_inverted_index") else None}
        for r in records
    ]
    text = "\n".join(json.dumps(r) for r in rows).encode()
    table = pj.read_json(
        io.BytesIO(text),
        read_options=pj.ReadOptions(block_size=1 << 27, use_threads=False),
        parse_options=pj.ParseOptions(explicit_schema=WORK_SCHEMA, unexpected_field_behavior="ignore"),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=row_group)
    return path


def both(tmp_path: Path, records: list[Record]) -> tuple[Store, Store]:
    one, two = Store.create(tmp_path / "1"), Store.create(tmp_path / "2")
    ingest(write_lines(tmp_path / "w.jsonl", records), one, abstracts=True)
    ingest(as_parquet(tmp_path / "part_0000.parquet", records), two, abstracts=True)
    return one, two


def quirks(store: Store) -> dict[str, int]:
    passing = ("leaf-", "duplicate-row")
    return {r["quirk"]: r["occurrences_n"] for r in store.read("quirk").to_pylist() if not r["quirk"].startswith(passing)}


def test_synthetic_world_in_both_layouts(tmp_path: Path) -> None:
    stores = []
    for layout in ("jsonl", "parquet"):
        write_world(World(1_000, 3), tmp_path / layout, layout=layout)
        stores.append(Store.create(tmp_path / f"store-{layout}"))
        ingest(tmp_path / layout, stores[-1], abstracts=True)
    assert content(stores[0]) == content(stores[1])
    assert stores[0].rows("work") == 1_000


@pytest.mark.slow
def test_real_records_in_both_layouts(real_data: Path, tmp_path: Path) -> None:
    files = sorted((real_data / "openalex/data/works").glob("*/*.gz"))
    lines = [line for f in files for line in gzip.decompress(f.read_bytes()).splitlines()]
    records = [r for r in map(json.loads, lines) if "awards" in r and "topics_key" not in r]
    assert len(records) > 4_000
    keys = {f.name for f in WORK_SCHEMA}
    for r in records:  # what the two-step conversion to Parquet cannot carry
        for k in set(r) - keys:
            del r[k]
    one, two = both(tmp_path, records)
    mine, theirs = content(one), content(two)
    assert {t: len(r) for t, r in mine.items()} == {t: len(r) for t, r in theirs.items()}
    assert mine == theirs
    assert quirks(one) == quirks(two)


def test_irregular_authors(tmp_path: Path) -> None:
    a, b, nameless = institution(5), institution(3, "DE"), institution(None, None)
    untied = author(1, ("L", [a]))
    untied["institutions"] = [a, b]
    loose = author(2, institutions=[b, a], raw_affiliation_strings=["X", "Y"]) | {"affiliations": []}
    single = author(3, institutions=[b], raw_affiliation_strings=["X"]) | {"affiliations": []}
    records = [
        work(1, untied, loose, single, author(4), author(None, author=None)),
        work(
            2,
            author(5, ("Same", [a]), ("Same", [a, b]), ("Other", [])),
            author(6, ("Q", [nameless])),
            author(7, countries=["US", None, "CN"]),
        ),
        work(3, title=None, doi="DOI:10.1/X", publication_date="2020-02-31", referenced_works=[f"{LINK}W3", f"{LINK}W1", "odd"]),
        work(4, primary_location=None, authorships=None, topics=None, is_retracted=None),
    ]
    one, two = both(tmp_path, records)
    assert content(one) == content(two)
    assert quirks(one) == quirks(two)


def level(kind: str, number: int) -> Record:
    return {"id": f"{LINK}{kind}/{number}", "display_name": f"{kind} {number}"}


def topic(number: int, score: float) -> Record:
    levels = {"subfield": level("subfields", 1000 + number % 100), "field": level("fields", 17), "domain": level("domains", 3)}
    return {"id": f"{LINK}T{number}", "display_name": f"Topic {number}", "score": score} | levels


def column(store: Store, table: str, *names: str) -> list[tuple]:
    return [tuple(r[n] for n in names) for r in store.read(table).to_pylist()]


def test_a_missing_primary_topic_is_the_first_and_missing_topics_are_the_primary(tmp_path: Path) -> None:
    a, b = topic(10002, 0.9), topic(10001, 0.5)
    records = [
        work(1, topics=[a, b], primary_topic=a),
        work(2, topics=[b, a], primary_topic=None),
        work(3, topics=[], primary_topic=a),
        work(4, topics=None, primary_topic=b),
        work(5, topics=[], primary_topic=None),
        work(6, topics=[a], primary_topic=b),
    ]
    for store in both(tmp_path, records):
        levels = ("topic_id", "subfield_id", "field_id", "domain_id")
        assert column(store, "work", *levels) == [
            (10002, 1002, 17, 3),
            (10001, 1001, 17, 3),
            (10002, 1002, 17, 3),
            (10001, 1001, 17, 3),
            (None,) * 4,
            (10001, 1001, 17, 3),
        ]
        half, most = (10001, 0.5), (10002, pytest.approx(0.9))
        assert column(store, "work_topic", "work_id", "topic_id", "score") == [
            (1, *half),
            (1, *most),
            (2, *half),
            (2, *most),
            (3, *most),
            (4, *half),
            (6, *most),
        ]
        assert column(store, "topic", "topic_id", "name") == [(10001, "Topic 10001"), (10002, "Topic 10002")]


def test_the_whole_primary_topic_is_read_only_where_it_is_needed(tmp_path: Path) -> None:
    usual = [work(n, topics=[topic(10001, 0.5)], primary_topic=topic(10001, 0.5)) for n in range(1, 400)]
    bare = work(400, topics=[], primary_topic=topic(10002, 0.9))
    shares, stores = [], []
    for name, records in (("usual", usual), ("odd", [*usual, bare])):
        path = as_parquet(tmp_path / name / "part_0000.parquet", records, row_group=100)
        stores.append(Store.create(tmp_path / f"o-{name}"))
        shares.append(ingest(path, stores[-1]).quirks["leaf-bytes"])
        file = pq.ParquetFile(path)
        needed, _ = leaves.leaf_bytes(file, leaves.find(file, leaves.WORKS, leaves.WORKS_IF_THERE, path))
        assert (shares[-1] == needed) == (name == "usual")
    assert shares[0] < shares[1]
    assert ("Topic 10002",) in column(stores[1], "topic", "name")


def test_an_institution_is_its_number_and_an_id_without_one_is_none(tmp_path: Path) -> None:
    """However its id is spelled it is one institution, and what has no number is no match: it counts nowhere, and its country is extra."""
    a, b, bad = institution(5), institution(6, "DE"), institution(None, "US", id=f"{LINK}I-1")
    twice = author(2, ("L", [a]))
    twice["affiliations"][0]["institution_ids"] = ["i5", f"{LINK}I5", f"{LINK}institutions/I5"]
    only_bad = author(3, ("L", [bad]))
    untied = author(4, ("L", [a]), ("M", [])) | {"institutions": [a, b, bad]}
    listed = author(5, institutions=[bad, b], raw_affiliation_strings=["X", "Y"]) | {"affiliations": []}
    records = [work(1, author(1, ("L", [a, bad]), ("M", [bad])), twice, only_bad, untied, listed)]
    one, two = both(tmp_path, records)
    assert content(one) == content(two)
    assert quirks(one) == quirks(two)
    assert quirks(one)["odd-id-institution"] == 7  # four in lists of institutions, three on lines
    assert column(one, "authorship", "author_seq", "n_addresses", "n_author_institutions") == [
        (1, 2, 1),
        (2, 1, 1),
        (3, 1, 0),
        (4, 2, 2),
        (5, 2, 1),
    ]
    assert column(one, "affiliation", "author_seq", "address_seq", "institution_id", "n_in_address") == [
        (1, 1, 5, 1),
        (1, 2, None, 0),
        (2, 1, 5, 1),
        (3, 1, None, 0),
        (4, 0, 5, 2),
        (4, 0, 6, 2),
        (5, 0, 6, 1),
    ]
    assert ("US",) in set(column(one, "author_country", "country_code"))


def test_unusual_values_mean_the_same_in_both_layouts(tmp_path: Path) -> None:
    a, b = institution(5), institution(6, lineage=[None, f"{LINK}I7", 'odd "one"', f"{LINK}I6"])
    plain = {"id": f"{LINK}S7", "display_name": "Journal", "issn": ["1234-5679", None, "b;a"]}
    records = [
        work(
            1,
            author(1, ("L", [a, institution(5, "US")])),
            funders=[{"id": "F8"}, {"id": f"{LINK}F"}, {"id": ""}, {"id": f"{LINK}F9"}],
            awards=[{"id": f"{LINK}G1", "funder_id": f"{LINK}F8", "funder_award_id": ""}, {"funder_id": "", "funder_display_name": "Fund"}],
        ),
        work(2, author(1, ("L", [b])), publication_date="", updated_date="", primary_location={"source": plain}),
        work(3, author(1, ("L", [institution(9, lineage=None)])), id="3"),
        work(4, id=f"{LINK}works/w4/"),
    ]
    one, two = both(tmp_path, records)
    assert content(one) == content(two)
    assert quirks(one) == quirks(two)
    assert column(one, "work", "work_id") == [(1,), (2,), (3,), (4,)]
    assert column(one, "work_award", "funder_id", "name", "award_id") == [(8, None, None), (None, "Fund", None), (9, None, None)]
    assert column(one, "institution_parent", "institution_id", "parent_id") == [(6, 7)]
    assert {k: quirks(one)[k] for k in ("odd-id-funder", "institution-without-lineage", "unusual-id", "no-updated-date")} == {
        "odd-id-funder": 3,
        "institution-without-lineage": 1,
        "unusual-id": 2,
        "no-updated-date": 1,
    }


def test_of_a_work_given_twice_the_newer_record_says_what_is_known_of_its_source(tmp_path: Path) -> None:
    old, new = ({"source": {"id": f"{LINK}S7", "display_name": name}} for name in ("Old", "New"))
    more = {"topics": [topic(10001, 0.5)], "primary_topic": topic(10001, 0.5)}
    records = [
        work(1, primary_location=old, updated_date="2025-01-01T00:00:00.000000", **more),
        work(1, primary_location=new, updated_date="2025-02-01T00:00:00.000000", **more),
    ]
    for store in both(tmp_path, records):
        assert column(store, "source", "name", "updated_date") == [("New", "2025-02-01T00:00:00.000000")]
        assert column(store, "topic", "updated_date") == [("2025-02-01T00:00:00.000000",)]


@pytest.mark.parametrize(
    "odd",
    [
        {"publication_year": 40_000},
        {"publication_year": -(2**15) - 1},
        {"cited_by_count": 2**31},
        {"counts_by_year": [{"year": 2020, "cited_by_count": 2**40}]},
        {"counts_by_year": [{"year": 2**15, "cited_by_count": 1}]},
    ],
    ids=str,
)
def test_integers_out_of_range_are_rejected_as_in_jsonl(tmp_path: Path, odd: Record) -> None:
    for store in both(tmp_path, [work(1), work(2, **odd), work(3)]):
        assert column(store, "reject", "line", "reason") == [(2, "wrong-type")]
        assert column(store, "work", "work_id") == [(1,), (3,)]


@pytest.mark.parametrize("link", ["I0x1F", "I1234567890123456789", "I+5", "I", "I5 ", "I-5"])
def test_an_id_is_read_alike_in_bulk_and_one_by_one(link: str) -> None:
    bulk, odd = ids.numbers([f"{LINK}I7", LINK + link], "I")
    assert (bulk.to_pylist(), odd) == ([7, ids.number(LINK + link)], 1)


def test_only_needed_leaves_are_counted(tmp_path: Path) -> None:
    path = as_parquet(tmp_path / "part_0000.parquet", [work(n, related_works=[f"{LINK}W{k}" for k in range(50)]) for n in range(1, 300)])
    done = ingest(path, Store.create(tmp_path / "o"))
    assert 0 < done.quirks["leaf-bytes"] < done.quirks["leaf-bytes-of-file"]
    file = pq.ParquetFile(path)
    paths = leaves.find(file, leaves.WORKS, leaves.WORKS_IF_THERE, path)
    assert "referenced_works.list.element" in paths
    assert not any(p.startswith(("related_works", "locations", "best_oa", "abstract")) for p in paths)
    assert {c for b in file.iter_batches(columns=paths) for c in b.schema.names}.isdisjoint({"related_works", "locations"})


def test_missing_leaf_is_named(tmp_path: Path) -> None:
    path = as_parquet(tmp_path / "part_0000.parquet", [work(1)])
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(["referenced_works"]), path)
    with pytest.raises(InputError, match=r"1 of the \d+ columns that are needed are not in this file, first referenced_works"):
        ingest(path, Store.create(tmp_path / "o"))


def test_damaged_parquet(tmp_path: Path) -> None:
    path = as_parquet(tmp_path / "part_0000.parquet", [work(n) for n in range(1, 500)])
    good = path.read_bytes()
    store = Store.create(tmp_path / "o")
    for data, message in [
        (good[: len(good) // 2], "not a readable Parquet"),
        (b"PAR1", "not a readable Parquet"),
        (good[:100] + bytes(3000) + good[3100:], "damaged|not a readable"),
    ]:
        path.write_bytes(data)
        with pytest.raises(InputError, match=message):
            ingest(path, store)
    assert store.generation == 0


@pytest.mark.parametrize("text", [b"Topic 10001", b"best_oa_location", b"https://openalex.org/W1", b"Journal"])
def test_text_that_is_not_utf8(tmp_path: Path, text: bytes) -> None:
    """Wherever the text is, in values, in the schema or in the metadata of a column chunk."""
    path = as_parquet(tmp_path / "part_0000.parquet", [work(1, topics=[topic(10001, 0.5)], primary_topic=topic(10001, 0.5))])
    good, place = path.read_bytes(), -1
    refused = 0
    while (place := good.find(text, place + 1)) >= 0:
        path.write_bytes(good[:place] + b"\xf8" + good[place + 1 :])
        store = Store.create(tmp_path / str(place))
        try:
            ingest(path, store)
        except InputError as error:
            assert "part_0000.parquet" in error.line and ("damaged" in error.line or "not a readable Parquet" in error.line)
            refused += 1
        else:  # in statistics, or the name of a column that is not read
            assert "\ufffd" not in str(content(store)) and store.rows("work") == 1
    assert refused


def test_records_without_a_work_id_are_rejected(tmp_path: Path) -> None:
    records = [work(1), work(2) | {"id": None}, work(3) | {"id": f"{LINK}A3"}, work(4)]
    store = Store.create(tmp_path / "o")
    done = ingest(as_parquet(tmp_path / "part_0000.parquet", records), store)
    assert done.entities["works"] == {"files": 1, "records": 4, "kept": 2, "superseded": 0, "rejected": 2}
    assert [(r["line"], r["reason"]) for r in store.read("reject").to_pylist()] == [(2, "no-id"), (3, "other-entity")]


def test_dates_as_timestamps(tmp_path: Path) -> None:
    path = as_parquet(tmp_path / "part_0000.parquet", [work(1, updated_date="2025-01-02T03:04:05.000006")])
    table = pq.read_table(path)
    stamp = table["updated_date"].cast(pa.timestamp("us"))
    table = table.set_column(table.schema.get_field_index("updated_date"), "updated_date", stamp)
    table = table.set_column(
        table.schema.get_field_index("publication_date"), "publication_date", table["publication_date"].cast(pa.date32())
    )
    pq.write_table(table, path)
    store = Store.create(tmp_path / "o")
    ingest(path, store)
    row = store.read("work").to_pylist()[0]
    assert (row["updated_date"], str(row["date"])) == ("2025-01-02T03:04:05.000006", "2020-02-03")


def test_null_in_a_list_of_records_is_rejected_as_in_jsonl(tmp_path: Path) -> None:
    one, two = work(1, author(1, ("L", [institution(5)]))), work(2, author(1, ("L", [institution(5)])))
    two["authorships"][0]["affiliations"] = [None]
    records = [one, two, work(3, topics=[None]), work(4)]
    for path in (write_lines(tmp_path / "w.jsonl", records), as_parquet(tmp_path / "part_0000.parquet", records)):
        store = Store.create(tmp_path / path.suffix)
        assert ingest(path, store).rejects == {"wrong-type": 2}
        assert [(r["line"], r["reason"]) for r in store.read("reject").to_pylist()] == [(2, "wrong-type"), (3, "wrong-type")]
        assert store.read("work")["work_id"].to_pylist() == [1, 4]


@given(st.lists(st.one_of(st.none(), st.sampled_from(["", "A5", "x", LINK + "A", LINK + "A0x12", LINK + "W5", LINK + "A" + "9" * 19]),
                          st.integers(0, 10**12).map(lambda n: f"{LINK}A{n}")), min_size=1))  # fmt: skip
def test_mixed_links_are_read_as_one_by_one(links: list[str | None]) -> None:
    found, odd = ids.numbers(links, "A")
    each = [ids.number(link) for link in links]
    assert found.to_pylist() == each and odd == sum(n is None and link is not None for n, link in zip(each, links, strict=True))
