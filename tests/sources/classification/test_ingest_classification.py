"""A classification of one's own: kept under a name, used as a field level, and every row accounted for."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import armillary as arm
from armillary.cli.main import run
from armillary.core.store import Store
from armillary.errors import InputError, UnknownNameError, UsageError
from armillary.observatory import Observatory
from armillary.sources.classification.ingest import ingest_classification
from support.tiny import observatory

ODD = """Work_ID;Cluster;Cluster_Name
https://openalex.org/W1;01;alpha
w2;01;alpha
W2;01;alpha
3;1;beta
W4;a;
W4;b;
W5;NA;
W6;-1;noise
X7;c;
W8
W999;1;beta
"""


@pytest.fixture
def obs(tmp_path: Path) -> Observatory:
    papers = [
        {"id": 1, "authors": [[[1]]], "references": []},
        {"id": 2, "authors": [[[2]]], "references": [1]},
        {"id": 3, "authors": [[[2]]], "references": [1]},
        {"id": 4, "authors": [], "references": []},
    ]
    return observatory(tmp_path / "obs", papers, {1: "FR", 2: "DE"})


def mncs(folder: Path, level: str) -> dict[str, float]:
    found = arm.open(folder).rank("mncs", options={"field_level": level, "self_citations": "in"})
    return {r["unit_id"]: r["value"] for r in found.arrow.to_pylist() if r["unit_id"]}


def test_every_row_is_kept_or_refused_with_a_reason(obs: Observatory, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text(ODD, encoding="utf-8")
    done = ingest_classification(obs.store, tmp_path / "c.csv", name="leiden")
    assert done.rejected == {"no-class": 2, "row-short": 1, "two-classes": 2, "work-id-malformed": 1}
    assert (done.records, done.kept, done.repeated) == (11, 4, 1)
    assert done.records == done.kept + done.repeated + sum(done.rejected.values())
    assert done.levels == {"class": {"works": 4, "classes": 2, "works_here": 3}}
    store = Store.open(obs.store.path)
    assert [(r["work_id"], r["class_id"], r["class_name"]) for r in store.read("work_class").to_pylist()] == [
        (1, "01", "alpha"),
        (2, "01", "alpha"),
        (3, "1", "beta"),
        (999, "1", "beta"),
    ]
    (row,) = [r for r in store.read("manifest").to_pylist() if r["entity"] == "classification"]
    assert (row["file"], row["records_n"], row["kept_n"], row["superseded_n"], row["rejected_n"]) == ("leiden", 11, 4, 1, 6)


def test_it_is_a_field_level_like_the_file(obs: Observatory, tmp_path: Path) -> None:
    """W1 with two citations stands beside W2 with none in one class; W3 is alone in the other."""
    path = tmp_path / "c.csv"
    path.write_text("work_id,class\nW1,01\nW2,01\nW3,1\n", encoding="utf-8")
    ingest_classification(obs.store, path, name="mine")
    assert mncs(obs.store.path, "mine") == mncs(obs.store.path, str(path)) == {"FR": pytest.approx(2.0), "DE": pytest.approx(0.5)}
    path.write_text("work_id,class\nW1,1\nW2,2\nW3,1\n", encoding="utf-8")
    ingest_classification(obs.store, path, name="mine")
    assert mncs(obs.store.path, "mine") == {"FR": pytest.approx(2.0), "DE": pytest.approx(0.5)}
    path.write_text("work_id,class\nW1,1\n", encoding="utf-8")
    ingest_classification(obs.store, path, name="mine")
    assert mncs(obs.store.path, "mine") == {"FR": pytest.approx(1.0)}, "works without a class have no cell"


def test_levels_in_columns_and_in_rows_from_text_and_parquet(obs: Observatory, tmp_path: Path) -> None:
    wide = {
        "work_id": [1, 2, 3],
        "micro_cluster_id": [1.0, 2.0, 3.0],
        "macro_cluster_id": [7, 7, 8],
        "macro_cluster_label": ["physics", "physics", "law"],
    }
    pq.write_table(pa.table(wide), tmp_path / "c.parquet")
    done = ingest_classification(obs.store, tmp_path / "c.parquet", name="cwts")
    assert {k: v["classes"] for k, v in done.levels.items()} == {"macro": 2, "micro": 3}
    (tmp_path / "rows.tsv").write_text(
        "work_id\tlevel\tclass\tname\n"
        + "".join(f"W{w}\tmicro\t{w}\t\nW{w}\tmacro\t{m}\t{n}\n" for w, m, n in ((1, 7, "physics"), (2, 7, "physics"), (3, 8, "law"))),
        encoding="utf-8",
    )
    ingest_classification(Store.open(obs.store.path), tmp_path / "rows.tsv", name="rows")
    table = Store.open(obs.store.path).read("work_class").to_pylist()
    by = {n: [{k: v for k, v in r.items() if k != "classification"} for r in table if r["classification"] == n] for n in ("cwts", "rows")}
    assert by["cwts"] == by["rows"] and len(by["cwts"]) == 6
    assert mncs(obs.store.path, "cwts") == mncs(obs.store.path, "cwts:micro") == {"FR": 1.0, "DE": 1.0}, (
        "the finest level, else the one named"
    )
    assert mncs(obs.store.path, "cwts:macro") == {"FR": pytest.approx(2.0), "DE": pytest.approx(0.5)}


def test_names_and_files_that_cannot_be(obs: Observatory, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("work_id,class\nW1,1\n", encoding="utf-8")
    for name in ("field", "a b", "x.csv", "../x", ""):
        with pytest.raises(UsageError):
            ingest_classification(obs.store, path, name=name)
    for text, said in (
        ("a,b\n1,2\n", "no column of works"),
        ("work_id,title\nW1,x\n", "no column of classes"),
        ("work_id,class\nx,1\n", "no row"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=said):
            ingest_classification(obs.store, path, name="mine")
    with pytest.raises(UnknownNameError):
        mncs(obs.store.path, "mine")


def test_merged_works_take_the_class_along(obs: Observatory, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("work_id,class\nW1,a\nW77,a\nW3,b\n", encoding="utf-8")
    ingest_classification(obs.store, path, name="mine")
    store = Store.open(obs.store.path)
    with store.write() as txn:
        rows = [{"entity": "works", "old_id": 77, "new_id": 2}]
        txn.replace("merged_id", pa.Table.from_pylist(rows, schema=txn.read("merged_id").schema))
    assert mncs(obs.store.path, "mine") == {"FR": pytest.approx(2.0), "DE": pytest.approx(0.5)}


def test_the_command_tells_it_all(obs: Observatory, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.csv").write_text(ODD, encoding="utf-8")
    assert run(["ingest", "classification", str(tmp_path / "c.csv"), "--name", "leiden", "--into", str(obs.store.path)]) == 0
    said = capsys.readouterr().out
    assert "leiden: 11 classes of works given: 4 kept; 1 repeated" in said
    assert "class: 4 works in 2 classes, 3 of them here (field_level=leiden)" in said and "2 two-classes" in said
    assert run(["rank", "mncs", "--option", "field_level=leiden", "--within-corpus", "--into", str(obs.store.path)]) == 0


def test_a_folder_of_parts_is_one_classification(tmp_path: Path) -> None:
    # frozen topics come as a dozen packed files; each alone would replace the one before
    parts = tmp_path / "topics"
    parts.mkdir()
    with gzip.open(parts / "part_00.csv.gz", "wt") as out:
        out.write("work_id,topic_id\nhttps://openalex.org/W1,https://openalex.org/T10001\nW2,T10002\nx,T1\n")
    (parts / "part_01.csv").write_text("work_id,topic_id\nW3,T10001\nW2,T10003\nW1,T10001\n", encoding="utf-8")
    pq.write_table(pa.table({"work_id": ["W4"], "topic_id": ["T10004"]}), parts / "part_02.parquet")
    (parts / "README.md").write_text("about", encoding="utf-8")
    (parts / "part_03.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    store = Store.create(tmp_path / "o")
    done = ingest_classification(store, parts, name="v1")
    assert done.files == 3 and set(done.left_out) == {"README.md", "part_03.csv"}
    assert (done.records, done.kept, done.repeated, done.rejected) == (7, 3, 1, {"two-classes": 2, "work-id-malformed": 1})
    assert [(r["work_id"], r["class_id"]) for r in store.read("work_class").to_pylist()] == [(1, "T10001"), (3, "T10001"), (4, "T10004")]
    log = {r["file"]: (r["records_n"], r["kept_n"], r["superseded_n"], r["rejected_n"]) for r in store.read("manifest").to_pylist()}
    assert log == {"v1/part_00.csv.gz": (3, 1, 0, 2), "v1/part_01.csv": (3, 1, 1, 1), "v1/part_02.parquet": (1, 1, 0, 0)}
    ingest_classification(store, parts / "part_01.csv", name="v1")
    assert [r["file"] for r in store.read("manifest").to_pylist()] == ["v1"], "what was said of the parts before is gone"
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for n in range(2):
            archive.writestr(f"part_{n}.csv", f"work_id,topic_id\nW{n},T1\n")
    assert ingest_classification(store, tmp_path / "all.zip", name="v1").kept == 2
