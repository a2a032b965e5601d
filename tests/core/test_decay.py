"""Decay is found: a flipped bit is a line that names the file, never another number, and it can be mended."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core import generations, soundness
from armillary.core.repair import repair
from armillary.core.store import Store
from armillary.errors import StoreError
from support.small_inputs import small_inputs


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs, and an observatory of two generations made from them."""
    folder = tmp_path_factory.mktemp("given")
    small_inputs(tmp_path_factory.mktemp("scratch"), folder)
    for line in ("openalex snapshot --workers 1", "deals deals.csv", "policy citations.csv"):
        kind, name, *rest = line.split()
        assert run(["ingest", kind, str(folder / name), "--into", str(folder / "obs"), "--quiet", *rest]) == 0
    return folder


@pytest.fixture
def obs(given: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(given / "obs", tmp_path / "obs"))


def flip(path: Path, at: int, bit: int = 3) -> None:
    raw = bytearray(path.read_bytes())
    raw[at % len(raw)] ^= 1 << bit
    path.write_bytes(raw)


def asked(obs: Path, out: Path, *words: str) -> tuple[int, bytes]:
    out.unlink(missing_ok=True)
    code = run([*words, "--into", str(obs), "--format", "csv", "--out", str(out), "--threads", "1"])
    return code, out.read_bytes() if out.exists() else b""


QUESTIONS = (("rank", "share", "--unit", "country"), ("rank", "p-policy", "--unit", "institution"), ("rank", "mncs", "--unit", "author"))


def trial(
    obs: Path, out: Path, path: Path, draw: random.Random, expected: dict[tuple[str, ...], bytes], capsys: pytest.CaptureFixture[str]
) -> str:
    """What a question says after one flip in one file: ``same``, ``told`` or ``wrong``; an exception fails the test."""
    good = path.read_bytes()
    flip(path, draw.randrange(len(good)), draw.randrange(8))
    try:
        words = draw.choice(list(expected))
        code, got = asked(obs, out, *words)
        said = capsys.readouterr().err
        if code == 0:
            return "same" if got == expected[words] else "wrong"
        lines = [line for line in said.splitlines() if not line.startswith("note  ")]  # those beside the tables of other questions
        assert code == 2 and len(lines) <= 2, said
        return "told"
    finally:
        path.write_bytes(good)


def flips(obs: Path, out: Path, n: int, capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    draw = random.Random(11)
    expected = {words: asked(obs, out, *words)[1] for words in QUESTIONS}
    files = [*sorted(obs.glob("core/*/*.parquet")), *sorted(obs.glob("state/*.json")), obs / "CURRENT"]
    found = {"same": 0, "told": 0, "wrong": 0}
    for k in range(n):
        found[trial(obs, out, files[k % len(files)], draw, expected, capsys)] += 1
    return found


def test_flipped_bits_give_no_other_number(obs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = flips(obs, tmp_path / "out.csv", 24, capsys)
    assert found["wrong"] == 0 and found["told"] > 3, found


@pytest.mark.slow
def test_flipped_bits_in_all_tables(obs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = flips(obs, tmp_path / "out.csv", 500, capsys)
    print(found)
    assert found["wrong"] == 0


def test_check_finds_every_flip(obs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "unique-keys", "--bytes", "--into", str(obs)]) == 0
    draw = random.Random(3)
    store = Store.open(obs)
    for path in [store.files(t)[0] for t in store.tables()][::4]:
        good = path.read_bytes()
        flip(path, draw.randrange(len(good)), draw.randrange(8))
        capsys.readouterr()
        assert run(["check", "--bytes", "--into", str(obs)]) == 1
        said = capsys.readouterr().out
        assert path.name in said and f"table '{path.parent.name}'" in said and "armillary repair" in said
        path.write_bytes(good)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


@pytest.mark.parametrize("damage", [cut, Path.unlink, lambda p: flip(p, -20), lambda p: flip(p, 40)], ids=["cut", "gone", "footer", "page"])
def test_a_damaged_file_of_the_snapshot_is_mended_from_it(
    obs: Path, given: Path, damage: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = obs.glob("core/authorship/*.parquet")
    before = {p.relative_to(obs): p.read_bytes() for p in (*obs.glob("core/*/*"), *obs.glob("state/*"), obs / "CURRENT")}
    damage(path)
    assert run(["check", "--bytes", "--into", str(obs)]) == 1
    assert run(["repair", "--from", str(given / "snapshot"), "--into", str(obs)]) == 0
    assert "put back" in capsys.readouterr().out
    assert {p.relative_to(obs): p.read_bytes() for p in (*obs.glob("core/*/*"), *obs.glob("state/*"), obs / "CURRENT")} == before
    assert run(["check", "--bytes", "--into", str(obs)]) == 0


def test_without_a_source_an_older_generation_counts_again(obs: Path) -> None:
    newest = Store.open(obs)
    (path,) = obs.glob("core/policy_citation/*.parquet")
    flip(path, 100)
    done = repair(obs)
    assert done.back_to == newest.generation - 1 and [d.table for d in done.damaged] == ["policy_citation"]
    assert Store.open(obs).digest == newest.at(newest.generation - 1).digest
    assert Store.open(obs).generation == newest.generation + 1
    assert not repair(obs).damaged


def test_the_same_ingest_again_replaces_what_has_decayed(obs: Path, given: Path) -> None:
    newest = Store.open(obs)
    (path,) = obs.glob("core/policy_citation/*.parquet")
    flip(path, 100)
    repair(obs)
    assert run(["ingest", "policy", str(given / "citations.csv"), "--into", str(obs), "--quiet"]) == 0
    again = Store.open(obs)
    assert again.digest == newest.digest and again.damages("bytes") == [] and path in again.files("policy_citation")


def test_what_cannot_be_mended_is_told(obs: Path) -> None:
    for path in obs.glob("core/work/*.parquet"):
        flip(path, 100)
    with pytest.raises(StoreError, match=r"no older generation is sound.*table 'work'"):
        repair(obs)
    with pytest.raises(StoreError, match="not an observatory"):
        repair(obs / "core")


def test_damaged_notes(obs: Path) -> None:
    """CURRENT and the lists of files carry digests too."""
    newest = Store.open(obs)
    good = (obs / "CURRENT").read_bytes()
    for at in range(len(good)):
        flip(obs / "CURRENT", at, at % 7)
        store = Store.open(obs)
        assert store.digest == newest.digest and store.fault, at
        assert repair(obs).note
        assert (obs / "CURRENT").read_bytes() == good
    state = generations.note(obs, newest.generation)
    text = state.read_text()
    state.write_text(text.replace('"rows": 1', '"rows": 2', 1))
    assert state.read_text() != text
    store = Store.open(obs)
    assert store.generation == newest.generation - 1 and store.fault and "damaged" in store.fault
    assert repair(obs).back_to == newest.generation - 1


def test_files_of_a_generation_that_are_gone(obs: Path, given: Path) -> None:
    """What an interrupted commit of an older version left: CURRENT names a generation whose files are gone."""
    newest = Store.open(obs)
    older = newest.at(newest.generation - 1)
    mine = {p for t in newest.tables() for p in newest.files(t)} - {p for t in older.tables() for p in older.files(t)}
    assert mine
    for path in mine:
        path.unlink()
    store = Store.open(obs)
    assert (store.generation, store.digest) == (older.generation, older.digest) and store.fault
    assert run(["ingest", "policy", str(given / "citations.csv"), "--into", str(obs), "--quiet"]) == 0
    again = Store.open(obs)
    assert again.digest == newest.digest and again.fault is None and again.damages("bytes") == []


def test_an_observatory_without_digests_opens(obs: Path) -> None:
    """As older versions wrote it."""
    newest = Store.open(obs)
    for path in obs.glob("state/*.json"):
        state = json.loads(path.read_text())
        del state["digest"]
        for files in state["tables"].values():
            for file in files:
                del file["sha256"], file["crc32"]
        path.write_text(json.dumps(state, indent=1) + "\n")
    (obs / "CURRENT").write_text(f"{newest.generation:06d}\n")
    store = Store.open(obs)
    assert store.digest == newest.digest and store.damages("bytes") == [] and store.read("work").num_rows
    with store.write() as txn:
        txn.replace("deal", txn.read("deal"))
    assert store.generation == newest.generation, "the same files are no new generation"
    flip(newest.files("work")[0], 200)
    assert [d.table for d in Store.open(obs).damages("bytes")] == ["work"], "names hold digests too"
    with pytest.raises(StoreError, match="damaged"):
        Store.open(obs).read("work")


def test_of_a_large_table_files_are_chosen_over_its_length() -> None:
    entries = tuple(generations.FileEntry(f"{i}", 1, 100) for i in range(50))
    assert soundness.chosen(entries, 10_000) == list(entries)
    some = soundness.chosen(entries, 1000)
    assert len(some) == 10 and some[-1].name == "45"
