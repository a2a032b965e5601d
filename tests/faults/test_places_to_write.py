"""Every command with an output, to places that cannot be written: one clear line, exit code 2, and no file half-made."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from support.small_inputs import small_inputs
from support.writings import CUBES, FIRST, FOLDERS, INGESTS, OUTPUTS, Writing

HAVE_OUT = [w for w in (*OUTPUTS, *FOLDERS) if "{out}" in w.arguments and not any("{out}" in line for line in w.before)]
SAMPLE = ("rank-csv", "rank-plot", "dossier", "audit", "world", "index", "export-world")
BILATERAL = "ingest collaboration {given}/pairs.csv --into {obs}"
POLICY = "ingest policy {given}/citations.csv --into {obs} --quiet"


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_inputs(tmp_path_factory.mktemp("scratch"), tmp_path_factory.mktemp("given"))


@pytest.fixture(scope="module")
def obs(given: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An observatory with all that the commands ask for."""
    path = tmp_path_factory.mktemp("o") / "obs"
    for line in (FIRST, "ingest patents {given}/plain.csv --into {obs} --quiet", BILATERAL, POLICY, CUBES):
        assert run(line.format(given=given, obs=path).split()) == 0
    return path


def mounted(folder: Path, options: str) -> None:
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no file system may be mounted here")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Folders below which nothing can be written, by what is wrong with them."""
    here = tmp_path_factory.mktemp("places")
    (here / "a-file").write_text("mine")
    found = {"below a file": here / "a-file", "no such file system": Path("/proc/armillary")}
    full, fixed = here / "full", here / "read-only"
    mounted(full, "size=64k")
    mounted(fixed, "size=64k")
    try:
        with (full / "filler").open("wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(bytes(1024))
        subprocess.run(["mount", "-o", "remount,ro", str(fixed)], check=True)
        yield found | {"full": full, "read only": fixed}
    finally:
        for folder in (full, fixed):
            subprocess.run(["umount", "-l", str(folder)], check=True)


def below(place: Path) -> list[str]:
    """Files only: an empty folder that was asked for may stay."""
    return sorted(p.name for p in place.rglob("*") if p.is_file()) if place.is_dir() else []


def complaints(writing: Writing, given: Path, obs: Path, places: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> list[str]:
    found, work = [], Store.open(obs).read("work", ["work_id"])["work_id"].to_pylist()[0]
    for what, place in places.items():
        before = below(place)
        words = writing.arguments.format(given=given, obs=obs, out=place, work=work).split()
        try:
            code = run(words)
        except BaseException as error:
            found.append(f"{what}: ended in {type(error).__name__}: {error}")
            capsys.readouterr()
            continue
        said = capsys.readouterr().err
        if code != 2 or said.count("\n") != 1 or not said.startswith("armillary: ") or str(place) not in said:
            found.append(f"{what}: exit code {code}, said {said[:300]!r}")
        if below(place) != before:
            found.append(f"{what}: left {below(place)}")
    return found


@pytest.mark.parametrize("writing", [w for w in HAVE_OUT if w.name in SAMPLE], ids=lambda w: w.name)
def test_some_commands(writing: Writing, given: Path, obs: Path, places: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert complaints(writing, given, obs, places, capsys) == []


@pytest.mark.slow
@pytest.mark.parametrize("writing", [w for w in HAVE_OUT if w.name not in SAMPLE], ids=lambda w: w.name)
def test_every_command(writing: Writing, given: Path, obs: Path, places: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert complaints(writing, given, obs, places, capsys) == []


@pytest.mark.parametrize("writing", [w for w in INGESTS if not w.before], ids=lambda w: w.name)
def test_an_observatory_that_cannot_be_made(
    writing: Writing, given: Path, places: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for what, place in places.items():
        words = writing.arguments.format(given=given, obs=place / "obs", out=place).split()
        assert run(words) == 2, what
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and str(place) in said, (what, said)
