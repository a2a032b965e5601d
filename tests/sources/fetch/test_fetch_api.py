"""Paging through the API of a loopback server: complete, resumable, polite, and silent about the key."""

from __future__ import annotations

import gzip
import json
import logging
import traceback
from pathlib import Path
from typing import Any

import pytest

from armillary.cli import main as cli_main
from armillary.cli.main import run
from armillary.errors import FetchError
from armillary.sources.fetch import files

KEY = "s3cret-key-Zz+/="


def fetch(server: Any, out: Path, *more: str, entity: str = "works") -> int:
    return run(
        [
            "fetch",
            "openalex",
            "--filter",
            "publication_year:2024",
            "--entity",
            entity,
            "--out",
            str(out),
            "--base",
            server.base,
            "--rate",
            "100",
            "--per-page",
            "5",
            "--retry-wait",
            "0.01",
            "--attempts",
            "3",
            *more,
        ]
    )


def lines(out: Path) -> list[bytes]:
    return [x for p in sorted((out / "works").glob("part_*.gz")) for x in gzip.decompress(p.read_bytes()).splitlines()]


def test_all_records_come_as_served_and_are_ingested(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    server.records["works"] = works
    assert fetch(server, tmp_path / "a", "--per-file", "10", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["records"], said["expected"], said["files"], said["resumed"]) == (23, 23, 3, 0)
    assert lines(tmp_path / "a") == works
    assert run(["ingest", "openalex", str(tmp_path / "a"), "--into", str(tmp_path / "obs"), "--workers", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["entities"]["works"]["kept"] == 23


def test_again_asks_nothing(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    server.records["works"] = works
    assert fetch(server, tmp_path) == 0
    asked = len(server.log)
    assert fetch(server, tmp_path) == 0
    assert len(server.log) == asked
    assert "23 were here before" in capsys.readouterr().out


def test_faults_are_outlived(server: Any, works: list[bytes], tmp_path: Path) -> None:
    server.records["works"] = works
    server.faults["/works"] = [
        ("status", 429, {"Retry-After": "0"}),
        ("status", 500, {}),
        ("none",),
        ("cut", 40),
        ("garbage",),
        ("none",),
        ("status", 503, {}),
    ]
    assert fetch(server, tmp_path) == 0
    assert lines(tmp_path) == works


def test_silence_is_bounded(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    server.records["works"] = works
    server.faults["/works"] = [("slow", 0.6)] * 2
    assert fetch(server, tmp_path, "--timeout", "0.2", "--attempts", "2") == 2
    assert "no answer within 0.2 seconds (2 attempts)" in capsys.readouterr().err


@pytest.mark.parametrize("budget", [1, 2, 3, 4])
def test_a_budget_ends_the_run_and_the_next_goes_on(server: Any, works: list[bytes], tmp_path: Path, capsys: Any, budget: int) -> None:
    server.records["works"] = works
    runs = 0
    while fetch(server, tmp_path, "--max-requests", str(budget), "--per-file", "10") == 2:
        assert f"budget of {budget} requests is used up" in capsys.readouterr().err
        assert not (tmp_path / "works" / "manifest").exists()
        runs += 1
        assert runs < 10
    assert lines(tmp_path) == works
    assert runs >= 1
    cursors = [q["cursor"][0] for _, _, _, q in server.log]
    assert len(cursors) == len(set(cursors)), "no page was asked for twice"


@pytest.mark.parametrize("budget", [1, 2, 3, 4])
def test_whatever_was_written_after_the_state_is_cut_off(server: Any, works: list[bytes], tmp_path: Path, budget: int) -> None:
    """A process that was killed between the page and the state, or between the renaming and the state."""
    server.records["works"] = works
    assert fetch(server, tmp_path, "--max-requests", str(budget), "--per-file", "10") == 2
    folder = tmp_path / "works"
    state = json.loads((folder / "fetch.state").read_text())
    open_part = folder / f"part_{len(state['parts']):04}.gz.part"
    with open_part.open("ab") as file:
        file.write(gzip.compress(works[0])[:-3])
    if budget % 2:
        open_part.rename(folder / open_part.stem)
    assert fetch(server, tmp_path, "--per-file", "10") == 0
    assert lines(tmp_path) == works
    assert not list(folder.glob("*.part"))


def test_the_servers_allowance_is_respected(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    server.records["works"] = works
    server.allowance = [2]
    assert fetch(server, tmp_path) == 2
    assert "allowance is used up after 10 of 23 records" in capsys.readouterr().err
    assert len(server.log) == 2
    server.allowance = None
    assert fetch(server, tmp_path) == 0
    assert lines(tmp_path) == works


def test_a_long_wait_is_not_waited(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    server.records["works"] = works
    server.faults["/works"] = [("status", 429, {"Retry-After": "36000"})]
    assert fetch(server, tmp_path) == 2
    assert "asks to wait 36,000 seconds" in capsys.readouterr().err
    assert len(server.log) == 1


def test_the_rate_holds(server: Any, works: list[bytes], tmp_path: Path) -> None:
    server.records["works"] = works
    assert fetch(server, tmp_path, "--rate", "20") == 0
    gaps = [b - a for a, b in zip(server.times, server.times[1:], strict=False)]
    assert len(gaps) >= 4
    assert sum(gaps) / len(gaps) > 0.045


def test_the_key_is_sent_and_never_said(
    server: Any, works: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any, capsys: Any
) -> None:
    """Neither in logs (all levels, all libraries) nor in messages (also when the server echoes it) nor in any file."""
    monkeypatch.setenv("OPENALEX_API_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    server.records["works"] = works
    server.echo_query = True
    server.faults["/works"] = [("none",), ("status", 500, {}), ("cut", 10), ("none",), ("status", 403, {})]
    assert fetch(server, tmp_path, "--mailto", "me@example.org") == 2
    assert fetch(server, tmp_path, "--mailto", "me@example.org", "--json") == 0
    assert all(q["api_key"] == [KEY] and "mailto" not in q for _, _, _, q in server.log)
    said = capsys.readouterr()
    assert said.err.count("--mailto has had no effect since February 2026") == 2
    assert "HTTP 403: it failed; you asked /works?" in said.err
    assert "api_key=***" in said.err
    assert caplog.text.count("HTTP Request") >= 5, "httpx did log the requests"
    written = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    for form in (KEY, "s3cret-key"):
        assert form not in said.out + said.err + caplog.text
        assert form.encode() not in written


def test_the_key_goes_nowhere_else(server: Any, works: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("OPENALEX_API_KEY", KEY)
    other = type(server)()
    try:
        other.records["works"] = works
        server.records["works"] = works
        server.faults["/works"] = [("status", 302, {"Location": f"{other.base}/works?per_page=5&cursor=*"})] * 9
        fetch(server, tmp_path)
        assert other.log
        assert all("api_key" not in q for _, _, _, q in other.log)
    finally:
        other.close()
    assert run(["fetch", "openalex", "--filter", "x:1", "--out", str(tmp_path / "b"), "--base", "http://example.org"]) == 2
    assert "a key is never sent unencrypted" in capsys.readouterr().err


@pytest.mark.parametrize(
    "faults",
    [
        [("status", 500, {})] * 3,
        [("status", 403, {})],
        [("cut", 10)] * 3,
        [("slow", 0.5)] * 3,
        [("garbage",)] * 3,
        [("status", 302, {"Location": "/works?again=1"})] * 30,
        [("status", 429, {"Retry-After": "99999"})],
    ],
)
def test_tracebacks_do_not_hold_the_key(
    server: Any, works: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: list[Any]
) -> None:
    """The whole chain of exceptions with the variables of its frames, as a crash reporter would store it."""
    monkeypatch.setenv("OPENALEX_API_KEY", KEY)
    server.records["works"] = works
    server.echo_query = True
    server.faults["/works"] = faults
    with pytest.raises(FetchError) as caught:
        cli_main.root.main(
            [
                "fetch",
                "openalex",
                "--filter",
                "x:1",
                "--out",
                str(tmp_path),
                "--base",
                server.base,
                "--retry-wait",
                "0.01",
                "--attempts",
                "3",
                "--timeout",
                "0.2",
            ],
            standalone_mode=False,
        )
    assert server.log
    assert all(q["api_key"] == [KEY] for _, _, _, q in server.log)
    text = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    error: BaseException | None = caught.value
    while error is not None:  # what "from None" hides is still there for a debugger
        text += repr(error.args) + str(error)
        error = error.__context__
    assert "openalex" in text
    assert "s3cret-key" not in text


def test_dry_run_writes_nothing(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    server.records["works"] = works
    assert fetch(server, tmp_path / "x", "--dry-run", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["expected"], said["here"], said["requests"]) == (23, 0, 5)
    assert said["bytes"] > 0
    assert said["free_bytes"] > 0
    assert not (tmp_path / "x").exists()


def test_dry_run_counts_what_an_interrupted_run_left(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    server.records["works"] = works
    assert fetch(server, tmp_path, "--max-requests", "2") == 2
    whole = json.loads(_said(server, tmp_path, capsys, "--fresh"))
    left = json.loads(_said(server, tmp_path, capsys))
    assert (whole["here"], whole["requests"], left["here"], left["requests"]) == (0, 5, 10, 3)
    assert 0 < left["bytes"] < whole["bytes"]
    assert fetch(server, tmp_path) == 0
    done = json.loads(_said(server, tmp_path, capsys))
    assert (done["here"], done["requests"], done["bytes"]) == (23, 0, 0)


def _said(server: Any, out: Path, capsys: Any, *more: str) -> str:
    capsys.readouterr()
    assert fetch(server, out, "--dry-run", "--json", *more) == 0
    return str(capsys.readouterr().out)


def test_dry_run_says_what_does_not_fit(server: Any, works: list[bytes], tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    server.records["works"] = works
    monkeypatch.setattr(files, "free_bytes", lambda folder: 10)
    assert fetch(server, tmp_path, "--dry-run") == 0
    assert "10 bytes free: it does not fit" in capsys.readouterr().out


def test_another_query_needs_another_folder(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    server.records["works"] = works
    assert fetch(server, tmp_path) == 0
    assert fetch(server, tmp_path, "--search", "dogs") == 2
    assert "holds another query" in capsys.readouterr().err
    assert fetch(server, tmp_path, "--search", "dogs", "--fresh") == 0
    assert lines(tmp_path) == works


def test_a_changed_file_is_noticed(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    server.records["works"] = works
    assert fetch(server, tmp_path, "--max-requests", "3", "--per-file", "10") == 2
    (tmp_path / "works" / "part_0000.gz").write_bytes(b"x")
    assert fetch(server, tmp_path) == 2
    assert "part_0000.gz: a fetched file was changed or is gone" in capsys.readouterr().err


def test_everything_is_not_asked_for(tmp_path: Path, capsys: Any) -> None:
    assert run(["fetch", "openalex", "--out", str(tmp_path)]) == 2
    assert "armillary fetch snapshot" in capsys.readouterr().err


def test_no_result_is_a_result(server: Any, tmp_path: Path, capsys: Any) -> None:
    server.records["works"] = []
    assert fetch(server, tmp_path) == 0
    assert "0 works in 0 files" in capsys.readouterr().out


def test_without_the_extra_the_error_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "httpx", None)
    assert run(["fetch", "openalex", "--filter", "a:1", "--out", str(tmp_path)]) == 2
    assert "pip install 'armillary[fetch]'" in capsys.readouterr().err
