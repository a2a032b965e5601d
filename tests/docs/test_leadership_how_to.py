"""The Python of the two how-to pages runs, and the commands they name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from armillary.cli.main import run
from support.random_world import random_world
from support.tiny import observatory

DOCS = Path(__file__).parents[2] / "docs" / "how-to"


@pytest.mark.parametrize("page", ["leadership.md", "cooperation.md"])
def test_python_blocks(page: str, tmp_path: Path) -> None:
    papers, institutions = random_world(11, 80)
    names = {"obs": observatory(tmp_path, papers, institutions)}
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), names)


@pytest.mark.parametrize("page", ["leadership.md", "cooperation.md"])
def test_commands_and_options_exist(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    commands = set(re.findall(r"armillary (ingest \w+|lead \w+|cooperation \w+)", text))
    assert len(commands) >= 4
    for command in sorted(commands):
        assert run([*command.split(), "--help"]) == 0, command
        known = capsys.readouterr().out
        for line in re.findall(rf"armillary {command}[^\n`]*", text):
            for option in re.findall(r"(--[a-z-]+)", line):
                assert option in known, f"{command} {option}"
