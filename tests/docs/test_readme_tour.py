"""The README's tour on real records prints what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from armillary.cli.main import run

README = Path(__file__).resolve().parents[2] / "README.md"
SHOWN = "../shared/data"


def tour() -> list[tuple[str, list[str]]]:
    """Commands with the lines that the README shows under them."""
    out: list[tuple[str, list[str]]] = []
    for block in re.findall(r"(?ms)^```\n(\$ armillary.*?)^```", README.read_text(encoding="utf-8")):
        for line in block.splitlines():
            if line.startswith("$ "):
                out.append((line[2:], []))
            elif line.strip() not in ("", "..."):
                out[-1][1].append(line)
    return out


def test_the_tour_prints_what_the_readme_says(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    commands = tour()
    assert len(commands) >= 8
    for command, lines in commands:
        assert lines, command
        assert run(shlex.split(command.replace(SHOWN, str(real_data)))[1:]) == 0, command
        printed = capsys.readouterr().out.replace(str(real_data), SHOWN).splitlines()
        missing = [line for line in lines if line not in printed]
        assert missing == [], command
