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

from armillary.core.store import Store
from armillary.errors import InputError
from armillary.sources.openalex import leaves
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
