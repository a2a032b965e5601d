"""The how-to pages: Python blocks run, specifications in them are valid, commands exist, and the output of ``demo`` is what is printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.composite.lines import read_toml
from armillary.composite.load import spec_from
from armillary.sources.series.tidy import Mapping

DOCS = Path(__file__).resolve().parents[2] / "docs" / "how-to"
PAGES = ("index.md", "series.md")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), flags=re.S | re.M)


@pytest.mark.parametrize("page", PAGES)
def test_python_blocks_run(page: str) -> None:
    found = blocks(page, "python")
    assert found
    for code in found:
        exec(compile(code, page, "exec"), {})


def test_the_specification_and_the_mapping_are_valid(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(blocks("index.md", "toml")[0])
    values, lines = read_toml(path)
    assert spec_from(values, file=path, lines=lines).levels == ("index", "sub-index", "pillar")
    path.write_text(blocks("series.md", "toml")[0])
    assert Mapping(path).constants["indicator"] == "stem_doctorates"


def commands(page: str) -> list[tuple[str, str]]:
    out = []
    for block in blocks(page, "console"):
        for part in block.split("$ ")[1:]:
            command, _, printed = part.partition("\n")
            out.append((command, printed.rstrip("\n")))
    return out


@pytest.mark.parametrize(("command", "printed"), [c for c in commands("index.md") if " demo" in c[0]], ids=lambda c: c.split("\n")[0][:50])
def test_printed_output_is_real(command: str, printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(shlex.split(command)[1:]) == 0
    assert capsys.readouterr().out.rstrip("\n") == printed


def test_every_command_of_the_table_works(capsys: pytest.CaptureFixture[str]) -> None:
    table = re.findall(r"`(armillary index [^`]+)`", (DOCS / "index.md").read_text(encoding="utf-8"))
    assert len(table) >= 10
    for command in table:
        if "TABLE.csv" not in command:
            assert run([*shlex.split(command.replace("--draws 2000", "--draws 20"))[1:]]) == 0, command
    capsys.readouterr()
