"""The command line as a user meets it: formats, options, recipe files, and one clear line for every mistake."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from armillary.cli.main import run
from armillary.core.recipe import read_recipe_file
from armillary.ranking.recipes import make_recipe
from support.random_world import random_world
from support.tiny import store


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("cli") / "observatory"
    papers, institutions = random_world(2)
    papers[0]["title"] = "=HYPERLINK(1)"
    store(path, papers, {i: {"country_code": c, "name": "=cmd()" if i == 1 else f"Institution {i}"} for i, c in institutions.items()})
    return str(path)


def test_table_names_its_method_and_data(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rank", "share", "--into", folder]) == 0
    out = capsys.readouterr().out
    for word in ("Share of countries", "author-fractional", "scope     default", "period all", "60 records", "digest"):
        assert word in out


def test_json_and_parquet_hold_the_unassigned_rest(folder: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["rank", "share", "--into", folder, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert list(data["rows"][0])[:5] == ["rank", "unit_id", "name", "value", "count"]
    rest = [r for r in data["rows"] if r["unit_id"] is None]
    assert [r["name"] for r in rest] == ["unassigned"]
    assert sum(r["value"] for r in data["rows"]) == pytest.approx(60)
    out = tmp_path / "r.parquet"
    assert run(["rank", "share", "--into", folder, "--format", "parquet", "--out", str(out)]) == 0
    table = pq.read_table(out)
    assert table.to_pylist() == data["rows"]
    assert json.loads(table.schema.metadata[b"armillary"])["recipe"]["indicator"] == "share"


def test_csv_is_unrounded_and_no_cell_is_a_formula(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rank", "share", "--unit", "institution", "--into", folder, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert any(r["name"] == "'=cmd()" for r in rows)
    assert any(len(r["value"].split(".")[-1]) > 6 for r in rows)


def test_workbook_keeps_numbers_and_text(folder: str, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    out = tmp_path / "r.xlsx"
    assert run(["rank", "share", "--unit", "institution", "--into", folder, "--format", "xlsx", "--out", str(out)]) == 0
    book = openpyxl.load_workbook(out)
    cells = list(book["ranking"].iter_rows(values_only=True))
    assert cells[0][:4] == ("rank", "unit_id", "name", "value")
    assert any(row[2] == "=cmd()" for row in cells[1:])
    assert all(c.data_type != "f" for row in book["ranking"].iter_rows() for c in row)
    first = out.read_bytes()
    assert run(["rank", "share", "--unit", "institution", "--into", folder, "--format", "xlsx", "--out", str(out)]) == 0
    assert out.read_bytes() == first


CHOSEN = {"window": 3, "citations": "corpus", "until": 0, "min_cell": 0}
"""A recipe that leaves no choice to the records keeps its digest."""


def test_a_recipe_travels_as_toml(folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = make_recipe("mncs", unit="institution", period="2015-2018", counting="author-fractional", options=CHOSEN, minimum=2)
    path = tmp_path / "recipe.toml"
    path.write_text(recipe.to_toml(), encoding="utf-8")
    again = make_recipe(**read_recipe_file(path))
    assert again == recipe
    assert run(["rank", "--recipe", str(path), "--into", folder, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["meta"]["recipe"] == recipe.digest


def test_same_bytes_for_any_thread_count(folder: str) -> None:
    import armillary as arm

    texts = {arm.open(folder, threads=n).rank("mncs", unit="institution", counting="author-fractional").to_json() for n in (1, 2, 3)}
    assert len(texts) == 1


MISTAKES = [
    (["rank", "shares"], "unknown indicator 'shares'. Did you mean 'share'"),
    (["rank", "share", "--unit", "citys"], "Did you mean 'city'"),
    (["rank", "share", "--subject", "chemistery"], "unknown subject 'chemistery'"),
    (["rank", "share", "--period", "20x4"], "'20x4' is not a period"),
    (["rank", "share", "--period", "2024-2020"], "ends before it begins"),
    (["rank", "share", "--counting", "fractional"], "unknown counting method 'fractional'"),
    (["rank", "share", "--scope", "nature"], "unknown scope 'nature'"),
    (["rank", "mncs", "--option", "windw=3"], "Did you mean 'window'"),
    (["rank", "mncs", "--option", "window=three"], "is not a int"),
    (["rank", "mncs", "--option", "window"], "has no '='"),
    (["rank", "share", "--format", "xlsx"], "Add --out ranking.xlsx"),
    (["rank"], "no indicator given"),
    (["rank", "collaboration-score"], "needs the unit to score partners of"),
    (["ranks", "share"], "unknown command 'ranks'. Did you mean 'rank'?"),
    (["explain", "share", "Atlantis"], "unknown country 'Atlantis'"),
    (["explain", "share", "--why-not", "X1"], "'X1' is not a work id"),
    (["rank", "--recipe", "none.toml"], "there is no such recipe file"),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=[" ".join(a) for a, _ in MISTAKES])
def test_mistakes_get_one_clear_line(folder: str, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    extra = ["--into", folder] if arguments[0] in ("rank", "explain") else []
    assert run([*arguments, *extra]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


def test_missing_observatory_says_how_to_make_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["rank", "share", "--into", str(tmp_path / "nowhere")]) == 2
    assert "armillary ingest openalex" in capsys.readouterr().err


def test_errors_are_json_where_json_is_asked_for(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rank", "shares", "--into", folder, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "UnknownNameError"


def test_help_lists_every_command_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    for name in ("rank", "explain", "check", "ingest", "demo", "synthetic"):
        assert f"  {name} " in out


def test_an_observatory_without_records_is_no_empty_ranking(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    store(tmp_path / "empty", [], {})
    assert run(["rank", "share", "--into", str(tmp_path / "empty")]) == 2
    assert "holds no records to rank" in capsys.readouterr().err
