"""The fast path into core tables gives the rows that ingesting the snapshot gives."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pytest

from armillary.core.store import Store
from armillary.sources.openalex.ingest import ingest
from armillary.synthetic import World, snapshot
from armillary.synthetic.write_core import to_core

WORKS = 1_500


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Store]:
    folder = tmp_path_factory.mktemp("synthetic")
    world = World(WORKS, seed=3)
    snapshot.write(world, folder / "snapshot", processes=1)
    read = Store.create(folder / "read")
    ingest(folder / "snapshot", read, workers=1)
    direct = Store.create(folder / "direct")
    to_core(direct, world)
    return read.refresh(), direct.refresh()


@pytest.mark.parametrize(
    "name",
    [
        "work",
        "authorship",
        "affiliation",
        "author_country",
        "citation",
        "work_topic",
        "work_sdg",
        "work_citation_year",
        "work_award",
        "institution",
        "institution_parent",
        "source",
        "topic",
    ],
)
def test_direct_core_tables_equal_ingested_ones(stores: tuple[Store, Store], name: str) -> None:
    read, direct = (s.read(name) for s in stores)
    keys = [(c, "ascending") for c in read.column_names]
    read, direct = (t.take(pc.sort_indices(t, sort_keys=keys)) for t in (read, direct))
    assert read.num_rows == direct.num_rows > 0
    for column in read.column_names:
        different = [(a, b) for a, b in zip(read[column].to_pylist(), direct[column].to_pylist(), strict=True) if a != b]
        assert not different, f"{name}.{column}: {len(different)} differ, such as {different[0]}"


def test_nothing_is_rejected(stores: tuple[Store, Store]) -> None:
    assert stores[0].rows("reject") == 0
    assert stores[0].rows("work") == WORKS


def test_lean_core_leaves_texts_out(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "lean")
    rows = to_core(store, World(1_000, seed=3), texts=False, tables=("work", "affiliation"))
    assert set(rows) == {"work", "affiliation", "institution", "institution_parent", "source", "topic"}
    assert store.refresh().read("work")["title"].null_count == 1_000
