"""ROR and series: records of a repository, plain addresses, resume, and nothing fetched twice."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from armillary.cli.main import run
from armillary.registry import read_toml

QUICK = ["--retry-wait", "0.01", "--attempts", "3"]
DUMP = b"PK" + bytes(range(256)) * 40


def publish(server: Any, content: bytes = DUMP, key: str = "v2.1-2026-01-01-ror-data.zip") -> str:
    """A list of records as Zenodo's API gives it, newest first; returns its address."""
    md5 = hashlib.md5(content).hexdigest()
    files = [
        {"key": key, "size": len(content), "checksum": f"md5:{md5}", "links": {"self": f"{server.base}/dump/content"}},
        {"key": "README.txt", "size": 2, "checksum": None, "links": {"self": f"{server.base}/readme/content"}},
    ]
    server.files["/api/communities/ror-data/records"] = json.dumps({"hits": {"hits": [{"id": 1, "files": files}]}}).encode()
    server.files["/dump/content"] = content
    server.files["/readme/content"] = b"hi"
    return f"{server.base}/api/communities/ror-data/records?q=&sort=newest&size=1"


def test_the_newest_dump_of_the_registrys_record(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """The registry's entry as it is, with its host replaced."""
    from armillary.sources.fetch import plain

    entry = read_toml("fetch.toml")["ror"]["ror"]
    address = publish(server)
    assert entry["url"].split("/api/")[1] == address.split("/api/")[1]
    monkeypatch.setattr(plain, "known", lambda kind: {"ror": entry | {"url": address}})
    server.faults["/dump/content"] = [("cut", 3000), ("status", 429, {"Retry-After": "0"})]
    assert run(["fetch", "ror", "--out", str(tmp_path), "--json", *QUICK]) == 0
    (said,) = json.loads(capsys.readouterr().out)
    assert (said["sha256"], said["is_new"]) == (hashlib.sha256(DUMP).hexdigest(), True)
    assert Path(said["file"]).name == "v2.1-2026-01-01-ror-data.zip"
    assert Path(said["file"]).read_bytes() == DUMP
    assert server.gets("/dump/content")[-1]["Range"] == "bytes=3000-"
    server.log.clear()
    assert run(["fetch", "ror", "--out", str(tmp_path), *QUICK]) == 0
    assert "was here already" in capsys.readouterr().out
    assert not server.gets("/dump/content")


def test_a_new_dump_of_the_same_name_replaces_the_old(server: Any, tmp_path: Path) -> None:
    assert run(["fetch", "ror", publish(server, key="d.zip"), "--out", str(tmp_path), *QUICK]) == 0
    other = DUMP[:-1] + b"!"
    assert run(["fetch", "ror", publish(server, other, key="d.zip"), "--out", str(tmp_path), *QUICK]) == 0
    assert (tmp_path / "d.zip").read_bytes() == other


def test_a_damaged_dump_never_gets_the_name(server: Any, tmp_path: Path, capsys: Any) -> None:
    address = publish(server)
    server.faults["/dump/content"] = [("garbage",)] * 3
    assert run(["fetch", "ror", address, "--out", str(tmp_path), *QUICK]) == 2
    assert "md5 checksum differs" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.zip"))


def test_real_ror_records_are_fetched_and_ingested(server: Any, real_data: Path, tmp_path: Path) -> None:
    server.files["/ror_flat.csv.gz"] = (real_data / "ror" / "ror_flat.csv.gz").read_bytes()
    server.faults["/ror_flat.csv.gz"] = [("cut", 100_000)]
    assert run(["fetch", "ror", f"{server.base}/ror_flat.csv.gz", "--out", str(tmp_path), *QUICK]) == 0
    assert (tmp_path / "ror_flat.csv.gz").read_bytes() == server.files["/ror_flat.csv.gz"]
    assert run(["ingest", "ror", str(tmp_path), "--into", str(tmp_path / "obs"), "--quiet"]) == 0


def test_series_by_address_are_fetched_and_ingested(server: Any, real_data: Path, tmp_path: Path, capsys: Any) -> None:
    name = "G_NC_V8.txt"
    server.files[f"/public/{name}"] = (real_data / "country" / "oecd_sti" / "raw" / name).read_bytes()
    assert run(["fetch", "series", f"{server.base}/public/{name}", "--out", str(tmp_path), *QUICK]) == 0
    assert run(["ingest", "series", str(tmp_path / name), "--into", str(tmp_path / "obs")]) == 0
    assert "1,644 values" in capsys.readouterr().out


def test_dry_run_says_the_length(server: Any, tmp_path: Path, capsys: Any) -> None:
    server.files["/a.csv"] = b"x" * 1234
    assert run(["fetch", "series", f"{server.base}/a.csv", "--out", str(tmp_path / "o"), "--dry-run", "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    (said,) = whole["files"]
    assert (said["name"], said["length"], whole["bytes_to_fetch"]) == ("a.csv", 1234, 1234)
    assert not (tmp_path / "o").exists()
    assert not server.gets("/a.csv")
    assert run(["fetch", "series", f"{server.base}/a.csv", "--out", str(tmp_path / "o"), "--quiet"]) == 0
    assert run(["fetch", "series", f"{server.base}/a.csv", "--out", str(tmp_path / "o"), "--dry-run"]) == 0
    assert "1 file, 1.2 kB\n0 bytes to fetch, " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("wdii", "Did you mean 'wdi'"),
        ("ftp://x/y", "is not an address"),
        ("http://", "is not an address"),
        ("BASE/none", "no such file at the source"),
    ],
)
def test_mistakes_are_one_line(server: Any, tmp_path: Path, capsys: Any, source: str, says: str) -> None:
    assert run(["fetch", "series", source.replace("BASE", server.base), "--out", str(tmp_path), *QUICK]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1


def test_the_registry_names_https_only() -> None:
    for kind in read_toml("fetch.toml").values():
        for entry in kind.values():
            assert entry["url"].startswith("https://")


def test_importing_the_commands_opens_nothing() -> None:
    """Help, and importing all of it, neither loads httpx nor opens a socket."""
    code = (
        "import socket, sys\n"
        "def no(*a, **k): raise SystemExit('a socket was opened')\n"
        "socket.socket.connect = no; socket.getaddrinfo = no\n"
        "import armillary.sources.fetch.api, armillary.sources.fetch.snapshot, armillary.sources.fetch.plain\n"
        "from armillary.cli.main import run\n"
        "for name in ('openalex', 'snapshot', 'ror', 'series'): assert run(['fetch', name, '--help']) == 0\n"
        "assert 'httpx' not in sys.modules and 'obstore' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
