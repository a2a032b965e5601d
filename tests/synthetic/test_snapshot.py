"""The snapshot folder: layout, keys as served, same bytes however it is made."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from armillary.cli.main import run
from armillary.errors import InputError, StoreError, UsageError
from armillary.synthetic import World, snapshot

KEYS_2026 = {
    "id",
    "doi",
    "title",
    "display_name",
    "publication_year",
    "publication_date",
    "ids",
    "language",
    "primary_location",
    "type",
    "indexed_in",
    "open_access",
    "authorships",
    "institutions",
    "countries_distinct_count",
    "institutions_distinct_count",
    "corresponding_author_ids",
    "corresponding_institution_ids",
    "apc_list",
    "apc_paid",
    "fwci",
    "has_fulltext",
    "cited_by_count",
    "citation_normalized_percentile",
    "cited_by_percentile_year",
    "biblio",
    "is_retracted",
    "is_paratext",
    "is_xpac",
    "primary_topic",
    "topics",
    "keywords",
    "concepts",
    "mesh",
    "locations_count",
    "locations",
    "best_oa_location",
    "sustainable_development_goals",
    "awards",
    "funders",
    "has_content",
    "content_urls",
    "referenced_works_count",
    "referenced_works",
    "related_works",
    "abstract_inverted_index",
    "counts_by_year",
    "updated_date",
    "created_date",
}
"""Keys of the real records of 2026."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("snapshot")
    snapshot.write(World(1_200, seed=8), out, processes=1)
    return out


def _records(folder: Path, entity: str) -> list[dict[str, Any]]:
    found = []
    for path in sorted((folder / "data" / "jsonl" / entity).glob("updated_date=*/part_*.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            found += [json.loads(line) for line in file]
    return found


def test_keys_are_those_of_real_records(folder: Path) -> None:
    works = _records(folder, "works")
    assert len(works) == 1_200
    assert all(set(w) == KEYS_2026 for w in works)
    authors = [a for w in works for a in w["authorships"]]
    assert {frozenset(a) for a in authors} == {
        frozenset(
            {
                "author_position",
                "author",
                "institutions",
                "countries",
                "is_corresponding",
                "raw_author_name",
                "raw_affiliation_strings",
                "affiliations",
            }
        )
    }


def test_keys_of_the_real_records_at_hand(real_data: Path) -> None:
    path = max((real_data / "openalex" / "data" / "works").glob("updated_date=2026-*/part_000.gz"))
    with gzip.open(path, "rt", encoding="utf-8") as file:
        keys = set(json.loads(next(file)))
    assert keys - {"relevance_score", "content_urls"} <= KEYS_2026


def test_quirks_of_real_records_occur(folder: Path) -> None:
    works = _records(folder, "works")
    authors = [a for w in works for a in w["authorships"]]
    assert any(w["doi"] is None for w in works) and any(w["primary_location"]["source"] is None for w in works)
    assert any(not w["authorships"] for w in works) and any("<i>" in w["title"] for w in works)
    assert any(a["is_corresponding"] is None for a in authors) and any(a["author"]["id"] is None for a in authors)
    assert any(a["countries"] and not a["institutions"] for a in authors)
    assert any(a["raw_affiliation_strings"] and not a["institutions"] for a in authors)
    assert any(len(a["institutions"]) > 1 and len({i["country_code"] for i in a["institutions"]}) > 1 for a in authors)
    assert any(len(x["institution_ids"]) > 1 for a in authors for x in a["affiliations"])
    assert any(w["is_xpac"] for w in works) and any(w["is_paratext"] for w in works)


def test_counts_agree_with_references(folder: Path) -> None:
    works = {w["id"]: w for w in _records(folder, "works")}
    cited: dict[str, int] = {}
    for w in works.values():
        assert w["referenced_works_count"] == len(w["referenced_works"])
        for target in w["referenced_works"]:
            cited[target] = cited.get(target, 0) + 1
    assert any(t not in works for t in cited), "some references lead outside"
    for iri, w in works.items():
        assert w["cited_by_count"] == cited.get(iri, 0)
        assert sum(y["cited_by_count"] for y in w["counts_by_year"]) <= w["cited_by_count"]


def test_manifest_tells_files_and_records(folder: Path) -> None:
    for entity in ("works", "institutions", "sources", "topics", "authors", "funders", "publishers"):
        manifest = json.loads((folder / "data" / "jsonl" / entity / "manifest.json").read_text())
        assert (manifest["entity"], manifest["format"], manifest["record_count"]) == (entity, "jsonl", len(_records(folder, entity)))
        everything = json.loads((folder / "data" / "jsonl" / "manifest.json").read_text())["entities"]
        assert [e["files"] for e in everything if e["entity"] == entity] == [manifest["files"]]
        for entry in manifest["files"]:
            path = folder / entry["url"].removeprefix("s3://openalex/")
            assert path.stat().st_size == entry["meta"]["content_length"]
    assert not (folder / ".making").exists()


def test_works_of_institutions_are_counted(folder: Path) -> None:
    works = _records(folder, "works")
    seen: dict[str, int] = {}
    for w in works:
        for i in {i["id"] for a in w["authorships"] for i in a["institutions"]}:
            seen[i] = seen.get(i, 0) + 1
    assert {i["id"]: i["works_count"] for i in _records(folder, "institutions") if i["works_count"]} == seen


def test_same_bytes_for_any_number_of_processes(folder: Path, tmp_path: Path) -> None:
    snapshot.write(World(1_200, seed=8), tmp_path, processes=2)
    files = sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    assert all((folder / f).read_bytes() == (tmp_path / f).read_bytes() for f in files)


def test_same_works_for_any_size_of_parts(folder: Path, tmp_path: Path) -> None:
    snapshot.write(World(1_200, seed=8), tmp_path, processes=1, works_a_part=170)
    drop = ("updated_date", "created_date")
    mine, theirs = (
        [{k: v for k, v in w.items() if k not in drop} for w in sorted(_records(f, "works"), key=lambda w: str(w["id"]))]
        for f in (folder, tmp_path)
    )
    assert mine == theirs


def test_parquet_layout_holds_the_same_works(folder: Path, tmp_path: Path) -> None:
    snapshot.write(World(1_200, seed=8), tmp_path, layout="parquet", processes=1)
    rows = []
    for path in sorted((tmp_path / "data" / "parquet" / "works").glob("updated_date=*/part_*.parquet")):
        rows += pq.read_table(path, partitioning=None).to_pylist()
    works = _records(folder, "works")
    assert len(rows) == len(works)
    for row, work in zip(rows, works, strict=True):
        row["abstract_inverted_index"] = json.loads(row["abstract_inverted_index"]) if row["abstract_inverted_index"] else None
        assert _without_nulls(row) == _without_nulls({k: work[k] for k in row})
    manifest = json.loads((tmp_path / "data" / "parquet" / "works" / "manifest.json").read_text())
    assert manifest["record_count"] == 1_200


def test_the_layout_of_before_holds_the_same_works(folder: Path, tmp_path: Path) -> None:
    snapshot.write(World(1_200, seed=8), tmp_path, layout="before-2026", processes=1)
    old = sorted((tmp_path / "data" / "works").glob("updated_date=*/part_*.gz"))
    new = sorted((folder / "data" / "jsonl" / "works").glob("updated_date=*/part_*.gz"))
    assert [p.read_bytes() for p in old] == [p.read_bytes() for p in new]
    manifest = json.loads((tmp_path / "data" / "works" / "manifest").read_text())
    assert (len(manifest["entries"]), manifest["meta"]["record_count"]) == (len(old), 1_200)
    assert not (tmp_path / "data" / "manifest.json").exists()


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [_without_nulls(v) for v in value] if isinstance(value, list) else value


def test_a_folder_in_use_is_left_alone(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    with pytest.raises(InputError, match="already"):
        snapshot.write(World(1_000), folder)
    with pytest.raises(UsageError, match="layout"):
        snapshot.write(World(1_000), folder / "new", layout="xml")
    assert sorted(folder.rglob("*")) == before


def test_a_failed_run_leaves_nothing_and_can_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    real, calls = snapshot.write_lines, []

    def full(target: Path, lines: Any) -> None:
        calls.append(target)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        real(target, lines)

    monkeypatch.setattr(snapshot, "write_lines", full)
    with pytest.raises(StoreError, match="No space left"):
        snapshot.write(World(1_200, seed=8), tmp_path, processes=1)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(snapshot, "write_lines", real)
    (tmp_path / ".making" / "data" / "works").mkdir(parents=True)  # as a killed run leaves it
    (tmp_path / ".making" / "data" / "works" / "old").write_text("x")
    snapshot.write(World(1_200, seed=8), tmp_path, processes=1)
    files = sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["synthetic", str(tmp_path / "w"), "--works", "1000", "--seed", "4", "--processes", "1", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["records"]["works"] == 1_000 and said["seed"] == 4
    assert (tmp_path / "w" / "truth.json").is_file()
    assert "invented" in (tmp_path / "w" / "README.txt").read_text()
    assert run(["synthetic", str(tmp_path / "w"), "--works", "1000", "--quiet"]) == 2
    assert "already" in capsys.readouterr().err
    assert run(["synthetic", str(tmp_path / "x"), "--works", "10"]) == 2
