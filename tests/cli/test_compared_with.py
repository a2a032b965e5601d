"""A corpus that is no world: what compares with the world is refused by its reason, or says in every output what it compares with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import armillary as arm
from armillary.agents.tools import Tools
from armillary.cli.main import run
from armillary.errors import DataError
from support.tiny import store

WITHIN = "Within this corpus"
HERE = "compared with these works alone"
PAPERS: list[dict[str, Any]] = [
    {
        "id": n,
        "authors": [[[1 + n % 2]]],
        "year": 2018 + n % 3,
        "field_id": 16,
        "subfield_id": 1603,
        "topic_id": 10,
        "sdgs": {3: 0.8} if n % 3 else {},
        "references": [m for m in (1, 2, 3, 4) if m < n],
    }
    for n in range(1, 31)
]
MORE: dict[str, list[dict[str, Any]]] = {
    "topic": [{"topic_id": 10, "name": "Topic", "field_id": 16, "field_name": "Chemistry", "origin": "entity"}],
}


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mine") / "obs"
    store(path, PAPERS, {1: "CN", 2: "US"}, **MORE)
    (path / "registry" / "about.toml").write_text('kind = "institution"\nframe = "I1"\n', encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "command",
    [
        "rank mncs",
        "rank mnpc",
        "explain mncs CN",
        "path pp-top10 CN",
        "robustness mncs --choice counting=full|first",
        "brief --period 2018-2020 --indicator mncs --claims none",
        "rank mncs --counting full,author-fractional --intervals",
    ],
)
def test_without_a_yardstick_the_reason_is_named(mine: Path, capsys: pytest.CaptureFixture[str], command: str, tmp_path: Path) -> None:
    out = ["--out", str(tmp_path / "b")] if command.startswith("brief") else []
    assert run([*command.split(), *out, "--into", str(mine)]) == 2
    said = capsys.readouterr().err
    assert "no yardstick" in said and "the works of one institution" in said and said.count("\n") == 1


@pytest.mark.parametrize("form", ["table", "json", "csv", "md"])
@pytest.mark.parametrize(
    ("command", "mark"),
    [
        ("rank mncs --within-corpus", WITHIN),
        ("rank sdg-activity", HERE),
        pytest.param("rank sdg-share", HERE, marks=pytest.mark.slow),
        pytest.param("sdg profile", HERE, marks=pytest.mark.slow),
    ],
)
def test_every_form_says_it(mine: Path, capsys: pytest.CaptureFixture[str], command: str, mark: str, form: str) -> None:
    assert run([*command.split(), "--format", form, "--into", str(mine)]) == 0
    said = capsys.readouterr()
    assert mark in said.out + said.err
    assert form != "csv" or mark not in said.out, "a CSV file has no place for notes"


@pytest.mark.parametrize("command", ["explain mncs CN", "path mncs CN", "robustness mncs --choice counting=full|first"])
@pytest.mark.parametrize("form", [[], pytest.param(["--json"], marks=pytest.mark.slow)])
def test_every_command_says_it(mine: Path, capsys: pytest.CaptureFixture[str], command: str, form: list[str]) -> None:
    assert run([*command.split(), "--within-corpus", *form, "--into", str(mine)]) == 0
    assert WITHIN in capsys.readouterr().out


@pytest.mark.parametrize("ending", ["xlsx", "parquet", "json"])
def test_every_file_says_it(mine: Path, tmp_path: Path, ending: str) -> None:
    import pyarrow.parquet as pq
    from openpyxl import load_workbook

    out = tmp_path / f"r.{ending}"
    assert run(["rank", "mncs", "--within-corpus", "--format", ending, "--out", str(out), "--into", str(mine)]) == 0
    if ending == "xlsx":
        told = " ".join(str(c.value) for s in load_workbook(out) for row in s for c in row)
    else:
        told = str(pq.read_schema(out).metadata) if ending == "parquet" else out.read_text(encoding="utf-8")
    assert WITHIN in told


def test_documents_and_agents_say_it(mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("dossier chemistry", "dossier chemistry --json", "dossier W1"):
        assert run([*command.split(), "--into", str(mine)]) == 0
        assert "not the world" in capsys.readouterr().out.replace("not with the world", "not the world"), command
    brief = ["brief", "--period", "2018-2020", "--claims", "none", "--formats", "md,html", "--no-charts", "--json", "--out", str(tmp_path)]
    assert run([*brief, "--into", str(mine)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["works"] > 0 and any(HERE in n for n in told["notes"])
    assert all(HERE in (tmp_path / f"brief.{e}").read_text(encoding="utf-8") for e in ("md", "html"))
    tools = Tools(arm.open(mine))
    with pytest.raises(DataError, match="no yardstick for mncs"):
        tools.rank("mncs")
    assert any(HERE in w for w in tools.rank("sdg-activity")["warnings"])
