"""Works that a list cuts at 100 authors: marked, completed from single records, resumed wherever a run ended."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from armillary.cli.main import run
from armillary.sources.fetch.faults import Policy


def with_authors(i: int, n: int) -> bytes:
    """Work ``i`` with ``n`` authors, each with an id of its own."""
    authors = [
        {
            "author_position": "middle",
            "author": {"id": f"https://openalex.org/A{i * 10_000 + k + 1}", "display_name": f"Author {k}"},
            "institutions": [],
            "countries": ["CH" if k < 100 else "DE"],
        }
        for k in range(n)
    ]
    record = {"id": f"https://openalex.org/W{i}", "publication_year": 2024, "type": "article", "authorships": authors}
    return json.dumps(record | {"updated_date": "2026-06-24T10:00:00"}).encode()


SIZES = [3, 100, 150, 99, 101, 100, 2000, 1]


def fetch(server: Any, out: Path, *more: str) -> int:
    common = ["fetch", "openalex", "--filter", "publication_year:2024", "--out", str(out), "--base", server.base, "--per-page", "3"]
    return run([*common, "--per-file", "4", "--rate", "100", "--retry-wait", "0.01", "--attempts", "2", *more])


def records(out: Path) -> list[dict[str, Any]]:
    return [json.loads(x) for p in sorted((out / "works").glob("part_*.gz")) for x in gzip.decompress(p.read_bytes()).splitlines()]


@pytest.fixture
def served(server: Any) -> Any:
    server.records["works"] = [with_authors(i + 1, n) for i, n in enumerate(SIZES)]
    return server


def test_cut_works_are_marked_and_said(served: Any, tmp_path: Path, capsys: Any) -> None:
    assert fetch(served, tmp_path) == 0
    assert "5 works with exactly 100 authors, where lists are cut: marked; --complete-authors completes them" in capsys.readouterr().out
    assert [r.get("is_authors_truncated") for r in records(tmp_path)] == [None, True, True, None, True, True, True, None]
    assert run(["ingest", "openalex", str(tmp_path), "--into", str(tmp_path / "obs"), "--workers", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["quirks"]["authors-truncated"] == 5


def test_they_are_completed_at_once_or_later(served: Any, tmp_path: Path, capsys: Any) -> None:
    assert fetch(served, tmp_path / "a", "--complete-authors", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["completed"], said["cut_authors"], said["not_completed"]) == (5, 0, 0)
    assert [len(r["authorships"]) for r in records(tmp_path / "a")] == SIZES
    assert [r.get("is_authors_truncated") for r in records(tmp_path / "a")] == [None, False, None, None, None, False, None, None]
    assert fetch(served, tmp_path / "b") == 0
    before = len(served.log)
    assert fetch(served, tmp_path / "b", "--complete-authors") == 0
    assert [path for _, path, *_ in served.log[before:]] == [f"/works/W{i}" for i in (2, 3, 5, 6, 7)]
    assert records(tmp_path / "a") == records(tmp_path / "b")
    assert fetch(served, tmp_path / "b", "--complete-authors") == 0
    assert len(served.log) == before + 5, "nothing is asked twice"
    capsys.readouterr()
    assert run(["ingest", "openalex", str(tmp_path / "b"), "--into", str(tmp_path / "obs"), "--workers", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["quirks"].get("authors-truncated", 0) == 0
    assert run(["fetch", "verify", str(tmp_path / "b"), "--records"]) == 0


@pytest.mark.parametrize("budget", range(1, 9))
def test_an_interrupted_completion_goes_on(served: Any, tmp_path: Path, budget: int) -> None:
    runs = 0
    while fetch(served, tmp_path, "--complete-authors", "--max-requests", str(budget)) == 2:
        runs += 1
        assert runs < 20
    assert [len(r["authorships"]) for r in records(tmp_path)] == SIZES
    singles = [path for _, path, *_ in served.log if path.startswith("/works/")]
    assert len(singles) == len(set(singles)) == 5
    assert not list(tmp_path.rglob("*.singles")) + list(tmp_path.rglob("*.completing"))


@pytest.mark.parametrize("is_replaced", [True, False])
def test_a_crash_between_the_note_and_the_file(served: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_replaced: bool) -> None:
    """The state names both lengths; whichever file is there, the next run goes on."""
    real = Path.replace

    def dies(self: Path, target: Path) -> Path:
        if self.name.endswith(".completing"):
            if is_replaced:
                real(self, target)
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", dies)
        with pytest.raises(KeyboardInterrupt):
            run_through(served, tmp_path)
    assert fetch(served, tmp_path, "--complete-authors") == 0
    assert [len(r["authorships"]) for r in records(tmp_path)] == SIZES
    assert json.loads((tmp_path / "works" / "fetch.state").read_text())["cut_authors"] == 0
    singles = [path for _, path, *_ in served.log if path.startswith("/works/")]
    assert len(singles) == 5


def run_through(server: Any, out: Path) -> None:
    """The fetch without the command line, which would turn the interruption into an exit code."""
    from armillary.sources.fetch import api
    from armillary.sources.fetch.asking import Api
    from armillary.sources.fetch.query import Selection

    asker = Api(Policy(attempts=2, first_wait=0.01), base=server.base, rate=100)
    try:
        query = Selection(filter="publication_year:2024", per_page=3, base=server.base)
        api.fetch(asker, query, out, records_per_file=4, complete_authors=True)
    finally:
        asker.close()


def test_a_single_record_that_is_gone_stays_marked(served: Any, tmp_path: Path, capsys: Any) -> None:
    assert fetch(served, tmp_path) == 0
    served.records["works"] = [r for r in served.records["works"] if b'openalex.org/W3"' not in r]
    assert fetch(served, tmp_path, "--complete-authors") == 0
    said = capsys.readouterr().out
    assert "4 works with a cut list of authors completed" in said
    assert "1 work could not be completed: no single record (any more)" in said
    assert [r.get("is_authors_truncated") for r in records(tmp_path)][2] is True


def test_single_records_are_asked_for_when_the_day_is_used_up(served: Any, tmp_path: Path) -> None:
    """They cost nothing."""
    assert fetch(served, tmp_path) == 0
    served.headers = {"X-RateLimit-Remaining": "0"}
    assert fetch(served, tmp_path, "--complete-authors") == 0
    assert [len(r["authorships"]) for r in records(tmp_path)] == SIZES
