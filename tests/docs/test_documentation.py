"""Documentation runs: Python blocks and console commands of the tutorial, links between pages, and nothing undocumented."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
import shlex
from pathlib import Path

import click
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


def test_how_to_rank_runs(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world)
    page = DOCS / "how-to" / "rank.md"
    (world / "mine.toml").write_text(*blocks(page, "toml"), encoding="utf-8")
    lines = [line for block in blocks(page, "console") for line in block.splitlines()]
    assert len(lines) > 5
    for line in lines:
        assert run(shlex.split(line)[2:]) == 0, line


def pages() -> list[Path]:
    """What people wrote: not the pages that docs/build.py makes."""
    return [README, *(p for p in sorted(DOCS.rglob("*.md")) if "generated" not in p.parts)]


def test_links_between_pages_resolve() -> None:
    missing = []
    for page in pages():
        for target, anchor in re.findall(r"\]\(([^)#\s]+)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")):
            if re.match(r"[a-z]+:", target):
                continue
            goal = page.parent / target
            if not goal.exists() or ("methods" in goal.parts and anchor and f'id="{anchor}"' not in goal.read_text(encoding="utf-8")):
                missing.append(f"{page.name}: {target}#{anchor}")
    assert missing == []


def test_citations_of_the_rule_book_on_pages_are_links() -> None:
    from armillary.registry.rulebook import citations

    bare = []
    for page in pages():
        if "methods" not in page.parts:
            text = re.sub(r"(?ms)^```.*?^```|`[^`\n]+`", "", page.read_text(encoding="utf-8"))
            bare += [f"{page.name}: METHODS {c.number}" for c in citations(text)]
    assert bare == []


def written() -> str:
    """Everything on the pages that people wrote, and in the notebooks, on one line."""
    notebooks = sorted((DOCS / "tutorials").glob("*.ipynb"))
    return re.sub(r"\s+", " ", " ".join(p.read_text(encoding="utf-8") for p in [*pages(), *notebooks]))


def leaves() -> dict[str, click.Command]:
    """Every command that does something, by its words."""

    def walk(command: click.Command, path: str) -> dict[str, click.Command]:
        if not isinstance(command, click.Group):
            return {path: command}
        context = click.Context(command)
        inner = {name: command.get_command(context, name) for name in command.list_commands(context)}
        return {k: v for name, c in inner.items() if c is not None for k, v in walk(c, f"{path} {name}").items()}

    return walk(root, "armillary")


def test_every_command_stands_on_a_page() -> None:
    text = written()
    assert len(leaves()) > 50
    assert [name for name in leaves() if name not in text] == []


def test_every_setting_stands_on_a_page() -> None:
    from armillary.core.guarded.limits import Limits
    from armillary.core.recipe import Recipe
    from armillary.web.settings import Settings

    text = written()
    source = " ".join(p.read_text(encoding="utf-8") for p in (DOCS.parent / "src").rglob("*.py"))
    names = {f.name for c in (Recipe, Settings, Limits) for f in dataclasses.fields(c)} - {"scope_name"}
    names |= set(re.findall(r"\bARMILLARY_[A-Z_]+", source))
    assert sorted(n for n in names if f"`{n}`" not in text) == []


def test_every_registered_name_stands_in_the_reference() -> None:
    """Indicators with their options, counting methods, scopes, filters, commands with their options: the pages that docs/build.py makes."""
    from armillary.counting.filters import FILTERS
    from armillary.counting.methods import METHODS
    from armillary.counting.scopes import scopes
    from armillary.indicators import all_indicators

    spec = importlib.util.spec_from_file_location("docs_build", DOCS / "build.py")
    assert spec is not None and spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    made = build.methods()
    names = [*all_indicators(), *METHODS, *scopes(), *FILTERS, *(k for i in all_indicators().values() for k in i.options)]
    assert [n for n in names if f"`{n}`" not in made] == []
    sections = dict(re.findall(r"(?ms)^## `([^`]+)`\n(.*?)(?=^## |\Z)", build.commands()))
    assert sections.keys() == leaves().keys()
    shown = [(c, p.opts[0]) for c, found in leaves().items() for p in found.params if isinstance(p, click.Option) and not p.hidden]
    assert [(c, option) for c, option in shown if option not in sections[c]] == []


def test_every_command_has_help_and_every_option_a_sentence() -> None:
    bare = [name for name, c in leaves().items() if not (c.help or "").strip()]
    bare += [
        f"{n} {p.opts[0]}" for n, c in leaves().items() for p in c.params if isinstance(p, click.Option) and not (p.help or "").strip()
    ]
    assert bare == []


def test_every_indicator_says_what_it_is() -> None:
    from armillary.indicators import all_indicators

    for i in all_indicators().values():
        assert i.doc, i.id
        assert i.formula, i.id
        assert i.source, i.id
        assert i.example, i.id
        assert all(o.meaning for o in i.options.values()), i.id
