"""Documentation runs: Python blocks and console commands of the tutorial, links between pages, and nothing undocumented."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from armillary.cli.main import root, run

DOCS = Path(__file__).resolve().parents[2] / "docs"
README = DOCS.parent / "README.md"


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the tutorial's commands were run, line by line."""
    folder = tmp_path_factory.mktemp("tutorial")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for block in blocks(DOCS / "tutorials" / "first-ranking.md", "console"):
            for line in block.splitlines():
                assert line.startswith("$ armillary ")
                assert run(shlex.split(line)[2:]) == 0, line
    return folder


@pytest.mark.parametrize("page", ["tutorials/first-ranking.md", "explanation/country-weights.md", "../README.md"])
def test_python_blocks_run(world: Path, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world)
    names: dict[str, object] = {}
    found = blocks(DOCS / page, "python")
    assert found
    for block in found:
        exec(compile(block, page, "exec"), names)


def test_links_between_pages_resolve() -> None:
    missing = []
    for page in [README, *DOCS.rglob("*.md")]:
        if "generated" in page.parts:
            continue
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists():
                missing.append(f"{page.name}: {target}")
    assert missing == []


def test_every_command_has_help_and_every_option_a_sentence() -> None:
    import click

    bare = []

    def walk(command: click.Command, path: str) -> None:
        context = click.Context(command)
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                walk(inner, f"{path} {name}")
            return
        if not (command.help or "").strip():
            bare.append(path)
        bare.extend(f"{path} {p.opts[0]}" for p in command.params if isinstance(p, click.Option) and not (p.help or "").strip())

    walk(root, "armillary")
    assert bare == []


def test_every_indicator_says_what_it_is() -> None:
    from armillary.indicators import all_indicators

    for i in all_indicators().values():
        assert i.doc, i.id
        assert i.formula, i.id
        assert i.source, i.id
        assert i.example, i.id
        assert all(o.meaning for o in i.options.values()), i.id
