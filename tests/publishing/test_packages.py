"""Packages: what is written is what the result says, described alike in every format; the formats' own validators agree where they are."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from armillary.cli.main import run
from armillary.errors import DataError, UnknownNameError, UsageError
from armillary.observatory import Observatory
from armillary.publishing.core import export_core
from armillary.publishing.package import write_package
from armillary.publishing.sheets import ranking_package, world_package
from armillary.publishing.tables import Attribution, Package, Sheet, slug
from support.tiny import observatory


@pytest.fixture
def obs(tmp_path: Path) -> Observatory:
    papers = [{"id": 1, "authors": [[[1]], [[2]]]}, {"id": 2, "authors": [[[1]]]}, {"id": 4, "authors": [[[]]]}]
    return observatory(tmp_path / "obs", papers, {1: "CN", 2: "US"})


def odd() -> Package:
    table = pa.table(
        {
            "name": ["=1+1", 'a,"b"\nc', None],
            "value": [0.1, float("nan"), float("inf")],
            "is_aggregate": [True, False, None],
            "list": [["a", "b"], [], None],
            "big": pa.array([2**62, None, -1], pa.int64()),
        }
    )
    origin = Attribution("Somebody's table", "Somebody", "https://example.org/t", "2024-05", "CC BY 4.0, attribution")
    return Package("Odd & Ends", "Odd", "Odd cells", (Sheet("Ödd table", "Odd", table, (origin,), "a note"),), "1.0.0", "2024-05-01")


def described(folder: Path) -> dict[str, Any]:
    return {n: json.loads((folder / n).read_text(encoding="utf-8")) for n in ("datapackage.json", "croissant.json", "dataset.jsonld")}


def test_every_format_names_the_same_files_with_their_hashes(tmp_path: Path) -> None:
    write_package(odd(), tmp_path / "p")
    found = described(tmp_path / "p")
    (resource,) = found["datapackage.json"]["resources"]
    body = (tmp_path / "p" / resource["path"]).read_bytes()
    digest = hashlib.sha256(body).hexdigest()
    assert (resource["bytes"], resource["hash"]) == (len(body), f"sha256:{digest}")
    assert found["croissant.json"]["distribution"][0]["sha256"] == digest
    assert digest in {d["sha256"] for d in found["dataset.jsonld"]["distribution"]}
    assert [f["type"] for f in resource["schema"]["fields"]] == ["string", "number", "boolean", "string", "integer"]
    assert resource["licenses"] == [
        {"name": "CC-BY-4.0", "path": "https://spdx.org/licenses/CC-BY-4.0.html", "title": "CC BY 4.0, attribution"}
    ]
    assert "CC BY 4.0" in (tmp_path / "p" / "README.md").read_text(encoding="utf-8")


def test_a_hub_finds_each_table_and_the_terms_in_the_readme(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    write_package(odd(), tmp_path / "p")
    _, head, body = (tmp_path / "p" / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    card = yaml.safe_load(head)
    assert card["license"] == "cc-by-4.0" and card["size_categories"] == ["n<1K"]
    assert [(tmp_path / "p" / c["data_files"]).exists() for c in card["configs"]] == [True]
    assert body.lstrip().startswith("# Odd")


def test_csv_and_parquet_hold_the_same_and_unknown_is_empty(tmp_path: Path) -> None:
    write_package(odd(), tmp_path / "p")
    (csv,) = (tmp_path / "p" / "data").glob("*.csv")
    rows = duckdb.sql(f"SELECT value, big FROM read_csv('{csv}', header = true)").fetchall()
    assert rows == [(0.1, 2**62), (None, None), (None, -1)]
    table = pq.read_table(csv.with_suffix(".parquet"))
    assert table["value"].to_pylist() == [0.1, None, None]
    assert table["list"].to_pylist() == ["a; b", "", None]


def test_the_same_bytes_again_and_only_own_folders_are_replaced(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_package(odd(), tmp_path / name)
    write_package(odd(), tmp_path / "a")
    read = [{p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*") if p.is_file()} for n in ("a", "b")]
    assert read[0] == read[1]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="in the way"):
        write_package(odd(), tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_two_tables_never_share_a_file(tmp_path: Path) -> None:
    sheet = odd().sheets[0]
    twice = Package("x", "x", "x", (sheet, Sheet("ödd TABLE", "other", sheet.arrow)), "1.0.0")
    with pytest.raises(UsageError, match="same file"):
        write_package(twice, tmp_path / "p")


def test_a_ranking_and_the_world(obs: Observatory, tmp_path: Path) -> None:
    ranking = obs.rank("count", counting="full")
    write_package(ranking_package(ranking), tmp_path / "r")
    found = described(tmp_path / "r")
    assert ranking.recipe.digest in found["datapackage.json"]["version"]
    assert "whole counting" in found["croissant.json"]["description"]
    package = world_package(["gerd-gdp", "nobel"])
    assert [s.name for s in package.sheets] == ["catalogue", "gerd-gdp.oecd", "nobel"]
    assert {o.licence_id for o in package.origins} >= {"CC-BY-4.0"}
    with pytest.raises(UnknownNameError):
        world_package(["nobody"])


@pytest.mark.parametrize("licence", ["CC BY-NC 4.0", "own terms", "", "CC0; coordinates CC BY 4.0"])
def test_a_licence_is_named_only_where_it_is_one_that_is_known(licence: str) -> None:
    assert Attribution("t", licence=licence).licence_id is None


def test_slugs_are_file_names() -> None:
    assert [slug(x) for x in ("../etc/passwd", "", "A b", "x" * 200)] == ["etc-passwd", "table", "a-b", "x" * 80]


def test_core_tables_can_be_attached_and_have_contracts(obs: Observatory, tmp_path: Path) -> None:
    rows = export_core(obs.store, tmp_path / "core")
    assert rows["work"] == 3
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{tmp_path / 'core' / 'core.duckdb'}' AS core (READ_ONLY)")
        assert con.sql("SELECT count(*) FROM core.work JOIN core.authorship USING (work_id)").fetchall() == [(4,)]
        said = con.sql("SELECT comment FROM duckdb_columns() WHERE table_name = 'work' AND column_name = 'doi'").fetchall()
        assert "DOI" in said[0][0]
        for path in (tmp_path / "core" / "tests").glob("*.sql"):  # dbt would run them: no row may come back
            name = path.stem.removesuffix("_key_is_unique")
            query = path.read_text().replace(f"{{{{ source('core', '{name}') }}}}", f"core.{name}")
            assert con.sql(query).fetchall() == []
    yaml = pytest.importorskip("yaml")
    (source,) = yaml.safe_load((tmp_path / "core" / "models" / "sources.yml").read_text())["sources"]
    work = next(t for t in source["tables"] if t["name"] == "work")
    project = yaml.safe_load((tmp_path / "core" / "dbt_project.yml").read_text())
    assert re.fullmatch(r"\d+\.\d+\.\d+", project["version"]), "dbt takes nothing else"
    assert next(c for c in work["columns"] if c["name"] == "work_id")["data_tests"] == ["not_null", "unique"]


def test_core_is_not_exported_into_itself_nor_from_nothing(obs: Observatory, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="inside the observatory"):
        export_core(obs.store, obs.path / "core" / "x")
    with pytest.raises(DataError, match="no table yet"):
        export_core(type(obs.store).create(tmp_path / "empty"), tmp_path / "x")


def test_an_audit_with_its_inputs(tmp_path: Path) -> None:
    assert run(["export", "audit", str(tmp_path / "crate")]) == 0
    graph = json.loads((tmp_path / "crate" / "ro-crate-metadata.json").read_text(encoding="utf-8"))["@graph"]
    entities = {e["@id"]: e for e in graph}
    root = entities["./"]
    for part in root["hasPart"]:
        body = (tmp_path / "crate" / part["@id"]).read_bytes()
        assert entities[part["@id"]]["sha256"] == hashlib.sha256(body).hexdigest()
    action = entities[root["mentions"][0]["@id"]]
    assert {"@id": "inputs/claims.toml"} in action["object"]
    assert all(o["@id"] in entities for o in action["object"])
    assert root["datePublished"] and root["license"]


def test_validators_agree(tmp_path: Path) -> None:
    import frictionless

    write_package(odd(), tmp_path / "p")
    report = frictionless.validate(str(tmp_path / "p" / "datapackage.json"))
    assert report.valid, report.flatten(["message"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib", "ignore:ConjunctiveGraph:DeprecationWarning")
def test_croissant_validates_and_gives_the_rows(tmp_path: Path) -> None:
    import mlcroissant

    write_package(odd(), tmp_path / "p")
    found = mlcroissant.Dataset(jsonld=str(tmp_path / "p" / "croissant.json"))
    assert len(list(found.records(slug("Ödd table")))) == 3


def test_rocrate_reads_it(tmp_path: Path) -> None:
    from rocrate.rocrate import ROCrate

    assert run(["export", "audit", str(tmp_path / "crate")]) == 0
    crate = ROCrate(str(tmp_path / "crate"))
    assert {e.id for e in crate.data_entities} >= {"audit.json", "inputs/claims.toml"}
