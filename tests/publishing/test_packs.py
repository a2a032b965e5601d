"""A pack answers as the observatory that it was made of, opened from a folder, a zip or an address, and says what it cannot answer."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from armillary.cli.main import root
from armillary.errors import ArmillaryError, DataError, StoreError, UsageError
from armillary.observatory import Observatory, open_observatory
from armillary.publishing.packs import make_pack
from armillary.ranking.cubes.make import make_cubes
from armillary.sources.fetch.packs import fetched, opened
from support.rich_world import rich_world
from support.tiny import observatory


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    opened.cache_clear()
    fetched.cache_clear()
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Observatory:
    papers, institutions, more = rich_world(7)
    obs = observatory(tmp_path_factory.mktemp("packs") / "obs", papers, institutions, **more)
    recipes = [obs.recipe(i, unit=u) for i in ("share", "pp-oa") for u in ("country", "city", "institution")]
    make_cubes(obs.corpus, [*recipes, obs.recipe("mncs", within_corpus=True)])
    return obs


@pytest.fixture(scope="module")
def packs(source: Observatory, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("made")
    return {"folder": make_pack(source.store, folder / "w.pack"), "zip": make_pack(source.store, folder / "w.zip")}


class _Ranges(SimpleHTTPRequestHandler):
    """Files with ranges and a version."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            return self.send_error(404)
        body, asked = path.read_bytes(), self.headers.get("Range")
        size, status = len(body), 200
        if asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, stop = int(first), int(last) + 1 if last else size
            body, status = body[start:stop], 206
        self.send_response(status)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"1"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def address(packs: dict[str, Path]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Ranges, directory=str(packs["zip"].parent)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


CHOICES: list[dict[str, Any]] = [
    {"unit": "country"}, {"unit": "city", "period": "2017-2019"}, {"unit": "institution", "step": 1, "subject": "F11"}
]  # fmt: skip


def _same(obs: Observatory, source: Observatory) -> None:
    for choices in CHOICES:
        mine, theirs = obs.rank("share", **choices), source.rank("share", **choices)
        assert mine.arrow.equals(theirs.arrow)
        assert mine.meta == theirs.meta
    assert obs.rank("mncs", within_corpus=True).arrow.equals(source.rank("mncs", within_corpus=True).arrow)


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_the_same_numbers_and_notes(source: Observatory, packs: dict[str, Path], kind: str) -> None:
    _same(open_observatory(packs[kind]), source)


@pytest.mark.parametrize("name", ["w.pack", "w.pack/datapackage.json", "w.zip"])
@pytest.mark.parametrize("whole", [True, False], ids=["small files at once", "all of cubes by ranges"])
def test_from_an_address(source: Observatory, address: str, name: str, whole: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not whole:
        monkeypatch.setattr("armillary.sources.fetch.packs.LOCAL", 0)
    _same(open_observatory(f"{address}/{name}"), source)


def test_the_command_takes_an_address_and_makes_a_folder(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armillary.sources.fetch.packs.LOCAL", 0)
    run = partial(CliRunner().invoke, root, catch_exceptions=False)
    assert "CN" in run(["rank", "share", "--into", f"{address}/w.zip"]).output
    assert run(["pack", "open", f"{address}/w.zip", "--into", str(tmp_path / "got")]).exit_code == 0
    assert "sums of 60 works" in run(["pack", "info", str(tmp_path / "got")]).output


def test_what_needs_records_names_where_they_are(packs: dict[str, Path]) -> None:
    obs = open_observatory(packs["folder"])
    ranking = obs.rank("share", period="2017-2019", types="article", subject="F11")
    with pytest.raises(DataError) as told:
        ranking.explain(ranking.arrow["unit_id"][0].as_py())
    assert f"filter=authorships.countries:{ranking.arrow['unit_id'][0]},publication_year:2017-2019,primary_topic.field.id:11" in str(
        told.value
    )
    assert "type:article" in str(told.value)
    for ask in (
        lambda: obs.rank("share", unit="author"),
        lambda: obs.rank("share", counting="first"),
        lambda: obs.rank("tcs"),
        lambda: ranking.why_not("W1"),
        lambda: obs.partners("CN", records=True),
    ):
        with pytest.raises(ArmillaryError, match="not the works themselves"):
            ask()
    with pytest.raises(DataError, match="resamples need records, which this pack"):
        ranking.intervals()


def test_a_pack_is_read_only(packs: dict[str, Path]) -> None:
    with pytest.raises(UsageError, match="read only"), open_observatory(packs["folder"]).store.write():
        pass


def test_any_tool_reads_it(packs: dict[str, Path]) -> None:
    described = json.loads((packs["folder"] / "datapackage.json").read_text())
    for r in described["resources"]:
        path = packs["folder"] / r["path"]
        assert path.stat().st_size == r["bytes"]
        assert [f["name"] for f in r["schema"]["fields"]] == pq.read_schema(path).names


def test_same_observatory_same_bytes(source: Observatory, packs: dict[str, Path], tmp_path: Path) -> None:
    assert make_pack(source.store, tmp_path / "w.zip").read_bytes() == packs["zip"].read_bytes()


def test_damage_is_found(packs: dict[str, Path], tmp_path: Path, source: Observatory) -> None:
    pack = make_pack(source.store, tmp_path / "d.pack")
    file = next((pack / "cubes").rglob("cells.parquet"))
    file.write_bytes(file.read_bytes()[:-1])
    told = CliRunner().invoke(root, ["pack", "info", str(pack)])
    assert isinstance(told.exception, StoreError)
    assert "cells.parquet is not what was written" in str(told.exception)


def test_no_cubes_no_pack(tmp_path: Path) -> None:
    papers, institutions, more = rich_world(3)
    obs = observatory(tmp_path / "obs", papers, institutions, **more)
    with pytest.raises(DataError, match="no cubes"):
        make_pack(obs.store, tmp_path / "w.pack")


def test_a_zip_of_something_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(StoreError, match="no pack"):
        open_observatory(tmp_path / "x.zip")
