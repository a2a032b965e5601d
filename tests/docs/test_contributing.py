"""The walkthroughs of CONTRIBUTING.md, executed in a copy of the project: files are written as they stand, commands and scripts run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "CONTRIBUTING.md"
BLOCK = re.compile(r"(?ms)(?:^`(?P<path>[^`\n]+)`(?P<how>, at the end|, changed)?:\n\n)?^```(?P<language>\w+)\n(?P<body>.*?)^```$")
WALKS = ["Add an indicator", "Add a source", "Add a chart", "Add a page", "Add a language"]


@dataclass(frozen=True)
class Block:
    path: str | None
    how: str
    language: str
    body: str


def walk(title: str) -> list[Block]:
    """The blocks of one section, in order."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    return [Block(m["path"], m["how"] or "", m["language"], m["body"]) for m in BLOCK.finditer(section)]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a clone has that the walkthroughs need."""
    folder = tmp_path_factory.mktemp("clone")
    skip = shutil.ignore_patterns("__pycache__", "*.ipynb", "images")
    for name in ("src", "docs/methods", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def run(folder: Path, *words: str) -> str:
    """A Python program in the copy; what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


def do(folder: Path, block: Block) -> None:
    """Write the file, change it, or run what the block says."""
    if block.path is not None:
        target = folder / block.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if block.how == ", changed":
            old = "".join(line[1:] for line in block.body.splitlines(keepends=True) if line[0] == "-")
            new = "".join(line[1:] for line in block.body.splitlines(keepends=True) if line[0] == "+")
            text = target.read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{block.path} has no such line any more: {old}"
            target.write_text(text.replace(old, new), encoding="utf-8")
        elif block.how == ", at the end":
            target.write_text(target.read_text(encoding="utf-8") + block.body, encoding="utf-8")
        else:
            assert not target.exists(), f"{block.path} is there already"
            target.write_text(block.body, encoding="utf-8")
    elif block.language == "console":
        for line in block.body.splitlines():
            program, *rest = shlex.split(line.removeprefix("$ "))
            run(folder, "-m", program, *(["-q", "-n", "0"] if program == "pytest" else []), *rest)
    else:
        assert block.language == "python"
        run(folder, "-c", block.body)


def test_the_five_walkthroughs_are_there() -> None:
    titles = re.findall(r"(?m)^## (Add .+)$", PAGE.read_text(encoding="utf-8"))
    assert titles == WALKS
    for title in WALKS:
        assert any(b.path for b in walk(title)) and any(not b.path for b in walk(title)), f"{title}: files, and something that runs"


@pytest.mark.slow
@pytest.mark.parametrize("title", WALKS)
def test_walkthrough(title: str, copy: Path) -> None:
    for block in walk(title):
        do(copy, block)


def test_what_is_added_is_in_our_style(tmp_path: Path) -> None:
    """The code of the walkthroughs passes what `make lint` asks of style."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    added = [b for title in WALKS for b in walk(title) if b.path and b.path.endswith(".py") and not b.how]
    assert len(added) > 8
    for block in added:
        do(tmp_path, block)
    names = [b.path for b in added if b.path]
    ours = 'lint.isort.known-first-party=["armillary", "support"]'  # the rest of the package is not in this folder
    run(tmp_path, "-m", "ruff", "check", "--no-cache", "--config", ours, *names)
    run(tmp_path, "-m", "ruff", "format", "--no-cache", "--check", *names)


@pytest.mark.slow
def test_the_indicator_is_everywhere_without_another_line(copy: Path) -> None:
    """One file adds it: reference page, API and the other commands know it."""
    script = """
from armillary.indicators import indicator_info
from armillary.registry.rulebook import cited
from armillary.web.api.v1 import _indicator
info = indicator_info("pp-other-language")
print(cited(info.source)[0].url(), _indicator(info)["rules"][0]["page"])
"""
    assert run(copy, "-c", script).split() == ["docs/methods/05-leiden-ranking.md#m5-1", "/rules/5#m5-1"]
    rows = json.loads(run(copy, "-m", "armillary", "rank", "pp-other-language", "--json"))["rows"]
    unit = next(r["unit_id"] for r in rows if r["rank"] == 1)
    assert run(copy, "-m", "armillary", "explain", "pp-other-language", unit, "--limit", "1").strip()
