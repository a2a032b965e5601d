"""The demo: the real observatory from what ships, with its kind declared; built-in names against files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core.frame import frame_of
from armillary.core.store import Store


@pytest.mark.slow
def test_the_demo_builds_the_real_observatory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    assert run(["demo", str(folder), "--no-open", "--pages", "40"]) == 0
    out = capsys.readouterr().out
    assert "Three things to try" in out and (folder / "site" / "index.html").resolve().as_uri() in out
    assert "50 supported" in out
    store = Store.open(folder / "observatory")
    assert frame_of(store).kind == "random-sample" and "94 largest registrants" in frame_of(store).frame
    assert store.rows("work") == 7333
    front = (folder / "site" / "index.html").read_text(encoding="utf-8")
    assert "stories/passed-in-papers" in front and "ynthetic" not in front


def test_a_folder_of_that_name_does_not_hide_a_built_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").mkdir()
    assert run(["index", "build", "demo", "--limit", "2"]) == 0
    assert "'demo' is the built-in index" in capsys.readouterr().err
    assert run(["index", "build", "./demo"]) == 2
    assert "folder" in capsys.readouterr().err
    (tmp_path / "articles").write_text("", encoding="utf-8")
    assert run(["audit", "articles", "--quiet", "--only", "nothing"]) == 2
    assert "built-in" in capsys.readouterr().err


def test_a_demo_without_pages_is_said_before_its_first_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "armillary.web.publish", None)
    assert run(["demo", str(tmp_path / "demo"), "--no-open"]) == 2
    said = capsys.readouterr()
    assert "armillary[web]" in said.err and "$ armillary" not in said.out and not (tmp_path / "demo").exists()
