"""The command line in a shell: completion, short help, colour, formats by ending, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from armillary.cli.complete import SHELLS
from armillary.cli.main import run
from armillary.cli.tables import form_of
from armillary.errors import UsageError

FORMS = ("table", "csv", "json", "md", "parquet", "xlsx")


def completed(line: str, begun: str, shell: str = "zsh") -> str:
    words = {"COMP_WORDS": f"{line}{begun}", "COMP_CWORD": str(len(line.split())), "COMP_WORD": begun}
    env = {**os.environ, **words, "_ARMILLARY_COMPLETE": f"{shell}_complete"}
    done = subprocess.run([sys.executable, "-m", "armillary"], env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(
    ("line", "begun", "wanted"),
    [
        ("armillary ", "ra", "rank"),
        ("armillary rank ", "pp-top", "pp-top10"),
        ("armillary rank ", "series:gerd-g", "series:gerd-gdp.oecd"),
        ("armillary rank share --counting ", "author", "author-fractional"),
        ("armillary world ", "nob", "nobel"),
        ("armillary index build ", "de", "demo"),
        ("armillary audit ", "art", "articles"),
    ],
)
def test_arguments_complete(line: str, begun: str, wanted: str) -> None:
    assert wanted in completed(line, begun).replace("\\:", ":").split("\n")


def test_powershell_completes_too() -> None:
    assert "plain\npp-top10\nPP(top 10 %)" in completed("armillary rank ", "pp-top", "powershell")


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_its_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert "_ARMILLARY_COMPLETE" in text
    assert "%(" not in text


def test_short_help_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["-h"], ["rank", "-h"], ["index", "build", "-h"]):
        assert run(words) == 0
    assert "-h, --help" in capsys.readouterr().out


def test_no_color_wins_over_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("click._compat.isatty", lambda _stream: True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert run(["world"]) == 0
    assert "\x1b[" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("form", "name", "wanted"),
    [
        ("table", "a.xlsx", "xlsx"),
        ("table", "a.CSV", "csv"),
        ("csv", "a.dat", "csv"),
        ("table", "a", "table"),
        ("parquet", "a.parquet", "parquet"),
    ],
)
def test_the_ending_says_the_format(form: str, name: str, wanted: str) -> None:
    assert form_of(form, Path(name), FORMS) == wanted


@pytest.mark.parametrize(("form", "name"), [("table", "a.xls"), ("csv", "a.xlsx"), ("parquet", "a.csv"), ("table", "a.geojson")])
def test_what_contradicts_itself_is_refused(form: str, name: str) -> None:
    with pytest.raises(UsageError):
        form_of(form, Path(name), FORMS)


@pytest.mark.parametrize(
    "words",
    [
        ["nothing"],
        ["rank", "nothing"],
        ["rank", "series:nothing"],
        ["world", "nothing"],
        ["world", "gerd-gdp", "--unit", "Atlantis"],
        ["series", "China", "--into", "nowhere"],
        ["indicators", "nothing"],
        ["rules", "99.9"],
        ["index", "build", "nothing"],
        ["audit", "nothing"],
        ["export", "world", "x", "nothing"],
        ["ask", " "],
        ["completion", "cmd"],
        ["mcp", "--port", "80"],
        ["mcp", "--into", "nowhere"],
    ],
)
def test_what_is_unknown_exits_with_2_and_one_line(
    words: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(words) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("armillary: ")
    assert not any(tmp_path.iterdir())
