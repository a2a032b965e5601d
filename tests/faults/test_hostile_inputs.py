"""Every command that reads a file over every file that nobody should send: an end in one line, in time, in bounded memory.

``WHERE`` names the commands; the files are those of :mod:`support.hostile`, under the name that each reader looks for.
"""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from support import hostile
from support.small_inputs import small_inputs
from support.tiny import store as tiny_store

READERS: dict[str, tuple[str, str]] = {
    "openalex jsonl": (".jsonl", "ingest openalex {file} --into {obs} --workers 1 --quiet"),
    "openalex gzip": (".jsonl.gz", "ingest openalex {file} --into {obs} --workers 1 --quiet"),
    "openalex parquet": (".parquet", "ingest openalex {file} --into {obs} --workers 1 --quiet"),
    "ror": (".json", "ingest ror {file} --into {obs} --quiet"),
    "ror zip": (".zip", "ingest ror {file} --into {obs} --quiet"),
    "patents": (".csv", "ingest patents {file} --into {obs} --quiet"),
    "patents gzip": (".csv.gz", "ingest patents {file} --into {obs} --quiet"),
    "deals": (".csv", "ingest deals {file} --into {obs} --quiet"),
    "policy csv": (".csv", "ingest policy {file} --into {obs} --quiet"),
    "policy bib": (".bib", "ingest policy {file} --into {obs} --quiet"),
    "policy json": (".json", "ingest policy {file} --into {obs} --quiet"),
    "series csv": (".csv", "ingest series {file} --into {obs} --quiet"),
    "series xml": (".xml", "ingest series {file} --into {obs} --quiet"),
    "series workbook": (".xlsx", "ingest series {file} --into {obs} --quiet"),
    "contributions": (".jsonl", "ingest contributions {file} --into {obs} --quiet"),
    "collaboration": (".csv", "ingest collaboration {file} --into {obs} --quiet"),
    "recipe": (".toml", "rank --recipe {file} --into {obs}"),
    "scope": (".toml", "rank share --scope {file} --into {obs}"),
    "regions": (".toml", "rank share --unit region --regions {file} --into {obs}"),
    "rollup": (".toml", "rank share --unit institution --rollup {file} --into {obs}"),
    "classes": (".csv", "rank mncs --option field_level={file} --into {obs}"),
    "baseline": (".parquet", "rank mncs --baseline {file} --into {obs}"),
    "goal tags": (".csv", "rank sdg-papers --option tags={file} --into {obs}"),
    "claims": (".toml", "audit {file}"),
    "index": (".toml", "index check {file}"),
    "index data": (".csv", "index build demo --data {file}"),
    "places": (".json", "places --populated {file} --into {obs}"),
    "polygons": (".geojson", "places --polygons {file} --into {obs}"),
    "overrides": (".toml", "places --overrides {file} --into {obs}"),
    "deals gzip": (".csv.gz", "ingest deals {file} --into {obs} --quiet"),
    "points of regions": (".csv", "ingest patents {given}/plain.csv --regions {file} --into {obs} --quiet"),
    "policy mapping": (".toml", "ingest policy {given}/citations.csv --mapping {file} --into {obs} --quiet"),
    "lists": (".csv", "rank share --unit list --lists {file} --into {obs}"),
    "recipes of cubes": (".toml", "cube make --recipe {file} --into {obs} --quiet"),
    "baseline info": (".parquet", "baseline info {file}"),
    "pack": (".zip", "pack info {file}"),
    "pack as observatory": (".zip", "rank share --into {file}"),
    "pack to open": (".zip", "pack open {file} --into {out}/opened"),
    "article": (".txt", "claims extract {file}"),
    "article page": (".html", "claims extract {file} --html {out}/marked.html"),
    "claims to evaluate": (".toml", "claims evaluate {file}"),
    "claims of a brief": (".toml", "brief --period 2020 --claims {file} --into {obs} --out {out}/brief"),
    "claims of a crate": (".toml", "export audit {out}/crate {file} --date 2026-01-31"),
    "published table": (".csv", "table verify {file}"),
    "published workbook": (".xlsx", "table verify {file}"),
    "published Parquet": (".parquet", "table verify {file}"),
    "index workbook": (".xlsx", "index build demo --data {file}"),
    "index Parquet": (".parquet", "index build demo --data {file}"),
    "index to verify": (".csv", "index verify demo --data {file}"),
    "index to add": (".toml", "index add {file} --into {obs} --quiet"),
    "units of another table": (".csv", "index match demo {file} --column name --out {out}/matches.csv"),
    "matches": (".csv", "index match demo {given}/others.csv --column name --out {file}"),
    "series of a forecast": (".csv", "lead forecast --series {file}"),
    "series in a folder": ("", "ingest series {file} --into {obs} --quiet"),
    "snapshot to verify": ("", "fetch verify {file}"),
}

PLACED: dict[str, tuple[str, str]] = {
    "manifest": ("{out}/snapshot/data/works/manifest", "ingest openalex {out}/snapshot --into {obs} --workers 1 --quiet"),
    "manifest of all": ("{out}/snapshot/data/jsonl/manifest.json", "ingest openalex {out}/snapshot --into {obs} --workers 1 --quiet"),
    "state of a fetch": ("{out}/works/fetch.state", "fetch verify {out}"),
    "folder of a pack": ("{out}/pack/datapackage.json", "pack info {out}/pack"),
    "queries of goals": ("{out}/queries/goal_03.xml", "sdg classify --queries {out}/queries --into {obs}"),
    "about": ("{obs}/registry/about.toml", "rank share --into {obs}"),
    "own countries": ("{obs}/registry/countries.csv", "rank share --into {obs}"),
    "own journals": ("{obs}/registry/journals.csv", "rank share --scope journals-145 --into {obs}"),
    "own regions": ("{obs}/registry/regions.toml", "rank share --unit region --into {obs}"),
    "own outline": ("{obs}/registry/countries.geojson", "publish {out}/site --pages 1 --into {obs} --quiet"),
    "registry of a snapshot": ("{out}/snapshot/registry/about.toml", "ingest openalex {out}/snapshot --into {obs} --workers 1 --quiet"),
    "own index": ("{obs}/indices/mine.toml", "publish {out}/site --pages 1 --into {obs} --quiet"),
    "cube": ("{obs}/cubes/country-1/cube.json", "rank share --into {obs}"),
    "cube info": ("{obs}/cubes/country-1/cube.json", "cube info --into {obs}"),
    "note of a generation": ("{obs}/state/000001.json", "rank share --into {obs}"),
    "current": ("{obs}/CURRENT", "check --into {obs}"),
}
"""Files that are found by their place: each hostile one is put there as a link, before the command runs."""


@pytest.fixture(scope="module")
def obs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("o") / "obs"
    papers = [{"id": 1, "authors": [[[1]]], "field_id": 17, "topic_id": 1, "subfield_id": 1700}, {"id": 2, "authors": [[[1]]]}]
    tiny_store(path, papers, {1: "FR"})
    return path


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sound files beside the hostile ones."""
    return small_inputs(tmp_path_factory.mktemp("scratch"), tmp_path_factory.mktemp("given"))


def complaints(
    reader: str, folder: Path, obs: Path, given: Path, capsys: pytest.CaptureFixture[str], names: list[str] | None = None
) -> list[str]:
    """What is wrong with how a command takes the inputs (or those named); each is given the observatory anew."""
    place, command = PLACED.get(reader, ("", ""))
    ending, command = (Path(place).suffix, command) if place else READERS[reader]
    found = []
    for name, path in hostile.make_all(folder, ending, names).items():
        target, out = folder / "obs", folder / "out"
        for old in (target, out):
            shutil.rmtree(old, ignore_errors=True)
        out.mkdir()
        shutil.copytree(obs, target)
        places = {"file": path, "obs": target, "out": out, "given": given}
        if place:
            at = Path(place.format(**places))
            at.parent.mkdir(parents=True, exist_ok=True)
            at.unlink(missing_ok=True)
            at.symlink_to(path)
        words = [w.format(**places) for w in command.split()]
        started = time.monotonic()
        try:
            with hostile.peak() as peak, at_most(60):
                code = run(words)
        except BaseException as error:
            found.append(f"{reader}, {name}: {type(error).__name__}: {' '.join(str(error).split())[:200]}")
            capsys.readouterr()
            continue
        said = capsys.readouterr().err
        if code == 2 and (said.count("\n") != 1 or not said.startswith("armillary: ")):
            found.append(f"{reader}, {name}: said {said[:300]!r}")
        if code not in (0, 1, 2):
            found.append(f"{reader}, {name}: exit code {code}")
        if set(said) & set("\x1b\x07"):
            found.append(f"{reader}, {name}: steers the terminal")
        if time.monotonic() - started > 30:
            found.append(f"{reader}, {name}: took {time.monotonic() - started:.0f} s")
        # a block of deflate gives up to 132 MiB, which the reader of OpenAlex holds a few times over while it splits lines
        if peak.bytes_n > (1_000_000_000 if reader.startswith("openalex") else 512_000_000):
            found.append(f"{reader}, {name}: took {peak.bytes_n / 1e6:.0f} MB")
        if not place.startswith(("{obs}/state", "{obs}/CURRENT")) and Store.open(target).damages("footers"):
            found.append(f"{reader}, {name}: the observatory is damaged")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("reader", [*READERS, *PLACED])
def test_every_input(reader: str, tmp_path: Path, obs: Path, given: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert complaints(reader, tmp_path, obs, given, capsys) == []


@pytest.mark.parametrize("reader", ["recipe", "scope", "regions", "rollup", "classes", "claims", "index", "lists", "pack", "about", "cube"])
def test_some_inputs(reader: str, tmp_path: Path, obs: Path, given: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [
        "latin-1",
        "deep TOML",
        "tiny number",
        "dotted TOML",
        "wrong types",
        "wrong tables",
        "wrong keys",
        "a pipe",
        "a folder",
        "two lines",
        "one NUL",
    ]
    assert complaints(reader, tmp_path, obs, given, capsys, names) == []
