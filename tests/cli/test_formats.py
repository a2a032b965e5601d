"""``--json`` and ``--format`` mean the same in every command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from armillary.cli.main import root, run

INPUT_SHAPES = {"ingest patents", "fetch counts", "fetch snapshot"}
"""Here ``--format`` is the shape of files that are read or kept."""


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))
    else:
        yield " ".join(path), command


def test_every_command_that_prints_json_takes_a_format() -> None:
    without = []
    for name, command in commands(root):
        options = {o: p for p in command.params for o in p.opts}
        if "--json" in options and name not in INPUT_SHAPES:
            format_ = options.get("--format")
            if format_ is None or not {"table", "json"} <= set(getattr(format_.type, "choices", ())):
                without.append(name)
    assert without == []


def test_a_table_in_each_form(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    base = ["world", "gerd-gdp", "--year", "2021"]
    printed = {}
    for form in ("table", "csv", "json", "md"):
        assert run([*base, "--format", form]) == 0
        printed[form] = capsys.readouterr().out
    assert run([*base, "--json"]) == 0
    assert capsys.readouterr().out == printed["json"]
    rows = json.loads(printed["json"])["rows"]
    assert len(printed["csv"].splitlines()) == len(rows) + 1 == len(printed["md"].splitlines()) - 1
    assert run([*base, "--out", str(tmp_path / "t.csv")]) == 0
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == printed["csv"]


def test_forms_that_contradict_each_other_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["world", "gerd-gdp", "--json", "--format", "csv"]) == 2
    assert "contradict" in capsys.readouterr().err
    assert run(["world", "gerd-gdp", "--format", "csv", "--out", str(tmp_path / "t.xlsx")]) == 2
    assert "contradict" in capsys.readouterr().err
    assert run(["world", "gerd-gdp", "--format", "pdf"]) == 2
