"""Which notes stand beside what: every command that reads records and every page, over the same works declared as of six kinds.

A note that goes missing, or comes too much, fails. After a change that was meant: ``python tests/cli/test_notes_table.py``.
"""

from __future__ import annotations

import contextlib
import html
import io
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from fastapi.testclient import TestClient

from armillary.cli.main import root, run
from armillary.registry.notes import Note, kinds
from armillary.web.app import create_app
from armillary.web.routes import PAGES as ALL_PAGES
from armillary.web.routes import page_at
from support.notes_table import COMMANDS, KINDS, PAGES, codes_in, corpora, fixed_parts, golden, write_golden
from support.unhurried import unhurried

SAYS_NOTHING_OF_THE_WORLD = {
    "audit", "check", "cube drop", "cube info", "cube make", "cube renew", "diff", "export audit", "export core", "export world",
    "index add", "indicators", "lead predict", "lead train", "mcp", "pack info", "pack make", "pack open", "places", "prune", "publish",
    "repair", "scope", "sdg card", "sdg classify", "sdg label", "sdg train", "serve", "baseline info", "baseline make", "series", "table",
    "demo", "quick", "rules", "world", "synthetic", "claims evaluate", "claims extract", "claims predicates", "claims tables", "ask",
}  # fmt: skip
"""Commands that build, serve, check or look at what is held: what they print is about the files, and what they serve has its own notes.
``audit`` and ``ask`` judge by published tables and refuse works that cannot carry a claim; ``quick`` and ``world`` read no observatory."""
WORDS = {"/api", "/ask", "/glossary", "/intervals", "/learn", "/methods", "/search", "/rules", "/data"}
PUBLISHED = {"/claims", "/indices", "/countries", "/groups", "/series", "/stories", "/compare"}
"""Pages of words, and of published tables; with all below them."""


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return corpora(tmp_path_factory.mktemp("notes"))


def said_by(words: list[str], obs: Path, folder: Path) -> set[str]:
    """The codes of what a command prints on both streams and writes."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([str(folder) if w == "OUT" else w for w in words] + ["--into", str(obs)])
    assert code == 0, err.getvalue()
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".md", ".json"))
    return codes_in(out.getvalue() + err.getvalue() + "".join(p.read_text(encoding="utf-8") for p in files))


def on_pages(obs: Path, pages: list[str]) -> Iterator[tuple[str, set[str]]]:
    with TestClient(create_app(obs, settings=unhurried(names=("testserver",), patience_s=600), threads=1)) as client:
        for address in pages:
            got = client.get(address)
            assert got.status_code == 200, (address, got.status_code)
            body = re.sub(r'<aside class="band".*?</aside>', "", got.text, flags=re.DOTALL)
            band = {"band"} if body != got.text else set()
            yield address, band | codes_in(html.unescape(re.sub(r"<[^>]+>", "", body)))


QUICK = ("cooperation sectors", "explain", "lead pairs", "path", "policy", "rank --format csv", "rank mncs", "rank pp-oa", "rank author")


def cases() -> list[Any]:
    """All commands and kinds; the fast tests take some commands over one kind."""
    asked = [(n, k) for n in COMMANDS for k in KINDS]
    return [pytest.param(n, k, marks=[] if n in QUICK and k == "convenience-sample" else pytest.mark.slow) for n, k in asked]


@pytest.mark.parametrize(("name", "kind"), cases())
def test_the_notes_beside_a_command_are_these(held: dict[str, Path], name: str, kind: str, tmp_path: Path) -> None:
    assert said_by(COMMANDS[name], held[kind], tmp_path) == golden()[name, kind]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_notes_on_a_page_are_these(held: dict[str, Path], kind: str) -> None:
    table = golden()
    assert dict(on_pages(held[kind], PAGES)) == {a: table[a, kind] for a in PAGES}


def test_the_table_says_of_which_kind_the_works_are() -> None:
    """Read the table itself: whatever is asked of works that are not the world, the answer says so."""
    for (what, kind), codes in golden().items():
        if kind != "world" and what != "/":  # a page says it in the band over it, the front page in a sentence of its own
            assert kind in codes or (what.startswith("/") and "band" in codes), (what, kind)


def commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from commands(found, f"{before}{name} ")
        else:
            yield f"{before}{name}", found


def test_every_command_that_reads_records_is_in_the_table() -> None:
    asked = {n.split(" --")[0] for n in COMMANDS} | {" ".join(w[:2]) for w in COMMANDS.values()} | {w[0] for w in COMMANDS.values()}
    for name, command in commands(root):
        reads = any("--into" in p.opts for p in command.params)
        if reads and not name.startswith(("ingest ", "fetch ", "index ")):
            assert name in asked or name in SAYS_NOTHING_OF_THE_WORLD, f"armillary {name}: which notes does it print?"


def test_every_page_of_records_is_in_the_table(held: dict[str, Path]) -> None:
    create_app(held["world"], settings=unhurried())  # registers the pages
    assert len(ALL_PAGES) > 30
    asked = {id(page_at(a.split("?")[0])) for a in PAGES}
    for pattern, found in ALL_PAGES.items():
        words = any(pattern == w or (pattern.startswith(w + "/") and w != "/compare") for w in WORDS | PUBLISHED)
        assert words or id(found) in asked, f"{pattern}: which notes stand on it?"


@pytest.mark.parametrize("kind", ["convenience-sample", "institution"])
def test_no_list_of_people_from_works_that_cannot_carry_it(held: dict[str, Path], capsys: pytest.CaptureFixture[str], kind: str) -> None:
    assert run(["highly-cited", "--window", "2015-2020", "--min-cell", "2", "--into", str(held[kind])]) == 2
    said = capsys.readouterr().err
    assert "highly cited people" in said and "--within-corpus" in said


def test_every_note_has_a_level_and_both_languages() -> None:
    for code, entry in kinds().items():
        assert set(entry) == {"level", "en", "zh"} and entry["level"] in ("info", "caution", "blocking"), code
        assert fixed_parts(entry["en"])
    note = Note("random-sample", works=5, frame="", out=Note("left-out", leaves_out="x"), undeclared="")
    assert note.code == "random-sample" and "5" in str(note.said("zh")) and "未包括" in str(note.said("zh")) and note.said("fr") is None


def main() -> None:
    """Write the table anew."""
    rows: list[tuple[str, str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        found = corpora(Path(folder))
        for kind in KINDS:
            rows += [(n, kind, said_by(w, found[kind], Path(folder) / f"{kind} {n}")) for n, w in COMMANDS.items()]
            rows += [(a, kind, codes) for a, codes in on_pages(found[kind], PAGES)]
    order = [*COMMANDS, *PAGES]
    write_golden(sorted(rows, key=lambda r: (order.index(r[0]), KINDS.index(r[1]))))


if __name__ == "__main__":
    main()
