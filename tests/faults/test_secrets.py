"""A key for fetching stands nowhere: not in what is printed, the list of processes, files, or answers of a server started with it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from support.writings import serve

KEY = "sk-8f2c1d-do-not-tell"
LOOPBACK = Path(__file__).parents[1] / "sources" / "fetch"
CODE = "import sys; from armillary.cli.main import main; main()"
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
ENVIRON = {k: v for k, v in os.environ.items() if k not in NAMES} | {"OPENALEX_API_KEY": KEY}


@pytest.fixture
def server() -> Iterator[Any]:
    made = serve(LOOPBACK)
    made.needs_key = True
    yield made
    made.close()


def fetched(server: Any, out: Path, *more: str) -> tuple[int, str]:
    """Exit code and all output of a fetch in a process of its own; its arguments, as others see them, are looked at while it runs."""
    command = [sys.executable, "-c", CODE, "fetch", "openalex", "--filter", "a:1", "--base", server.base, "--out", str(out), *more]
    process = subprocess.Popen(
        [*command, "--rate", "20", "--per-page", "2", "--per-file", "4", "--retry-wait", "0.01", "--attempts", "2"],
        env=ENVIRON,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    seen = b""
    while process.poll() is None:
        with suppress(OSError):
            for name in ("cmdline", "comm"):
                seen += Path(f"/proc/{process.pid}/{name}").read_bytes()
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    assert process.stdout is not None
    said = process.stdout.read()
    process.stdout.close()
    assert b"fetch" in seen and KEY.encode() not in seen
    return process.returncode, said


def assert_nowhere(folder: Path, said: str) -> None:
    assert KEY not in said
    for path in folder.rglob("*"):
        assert KEY not in path.name
        if path.is_file():
            raw = path.read_bytes()
            assert KEY.encode() not in raw, path
            if raw[:2] == b"\x1f\x8b":
                import gzip

                assert KEY.encode() not in gzip.decompress(raw), path


def test_a_fetch_that_works(server: Any, tmp_path: Path) -> None:
    code, said = fetched(server, tmp_path)
    assert code == 0, said
    assert any(KEY in q.get("api_key", []) for *_, q in server.log), "the key was used"
    assert_nowhere(tmp_path, said)


@pytest.mark.parametrize("fault", [("status", 401, {}), ("status", 500, {}), ("status", 302, {"Location": "/elsewhere?a=1"}), ("garbage",)])
def test_a_fetch_that_fails(server: Any, tmp_path: Path, fault: tuple[Any, ...]) -> None:
    """A server that repeats the whole address it was asked for, key and all."""
    server.echo_query = True
    server.faults["/works"] = [fault] * 40
    code, said = fetched(server, tmp_path)
    assert code == 2 and said.count("armillary: ") == 1 and "Traceback" not in said, said
    assert_nowhere(tmp_path, said)


def test_a_server_that_cannot_be_reached(tmp_path: Path) -> None:
    class Nobody:
        base = "http://127.0.0.1:9"

    code, said = fetched(Nobody, tmp_path)
    assert code == 2 and "Traceback" not in said
    assert_nowhere(tmp_path, said)


def test_a_server_of_pages_started_with_the_key(tmp_path: Path) -> None:
    """Its pages, its faults, its log and its process know nothing of it."""
    spec = importlib.util.spec_from_file_location("benchmarks_web", Path(__file__).parents[2] / "benchmarks" / "web.py")
    assert spec is not None and spec.loader is not None
    web = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(web)
    from support import tiny

    tiny.store(tmp_path / "obs", [{"id": 1, "authors": [[[1]]]}], {1: "FR"})
    port = web.free_port()
    code = "import sys; from armillary.cli.main import run; sys.exit(run(sys.argv[1:]))"
    log = (tmp_path / "log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-c", code, "serve", "--into", str(tmp_path / "obs"), "--port", str(port)], env=ENVIRON, stdout=log, stderr=log
    )
    try:
        import time

        end = time.monotonic() + 120
        while True:
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/robots.txt", timeout=60)
                break
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.2)
        for path in ("/", "/data", "/api/v1", "/rankings/nothing/country", "/rankings/count/country.json", "/%00", "/api/v1/find?q=key"):
            try:
                body = urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60).read()
            except urllib.error.HTTPError as error:
                body = error.read()
            assert KEY.encode() not in body, path
        assert KEY.encode() not in Path(f"/proc/{process.pid}/cmdline").read_bytes()
    finally:
        process.terminate()
        process.wait(30)
        log.close()
    assert_nowhere(tmp_path, "")
