"""A writing command stopped at each call by which it changes the disk: disk full, broken, interrupted, dead; before the call and after it.

Whatever happens, a reader sees the old or the new state and nothing else, the command ends in one line, and run again it gives the bytes of
a run that nothing disturbed.
"""

from __future__ import annotations

import contextlib
import io
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from armillary.cli import commands as cli
from armillary.cli.main import run
from armillary.core import store as store_module
from armillary.core.store import Store
from support.small_inputs import small_inputs
from support.stops import KINDS, Dead, Layer, laid
from support.writings import ALIKE, FETCHES, FOLDERS, INGESTS, LARGE, OUTPUTS, Writing, serve

FETCHED = Path(__file__).parents[1] / "sources" / "fetch"
UNFINISHED = (".part", ".part.mark", ".partial", ".old", ".folder", ".tag", ".tmp")
OWN_NOTES = (".fetch.lock", "fetch.state", "fetched.state", "counts.state", ".pages")
"""What fetching keeps of its own progress."""


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("given")
    return small_inputs(tmp_path_factory.mktemp("scratch"), folder)


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The address of a server to fetch from."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "OPENALEX_API_KEY"):
            patch.delenv(name, raising=False)
        server = serve(FETCHED)
        yield server.base
        server.close()


class Trials:
    """One command in a folder that is put back before each trial."""

    def __init__(self, writing: Writing, given: Path, base: str, folder: Path) -> None:
        self.writing, self.given, self.base, self.folder = writing, given, base, folder
        self.place, self.start = folder / "place", folder / "start"
        self.start.mkdir()
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()
        for line in writing.before:
            if line == "break":
                self.damage()
            elif line == "grow":
                self.grow()
            else:
                assert self.command(line)[0] == 0
        shutil.rmtree(self.start)
        shutil.copytree(self.place, self.start)
        self.old = self.state()
        self.layer = Layer((self.place,))
        with laid(self.layer):
            code, said = self.command(writing.arguments)
        assert code == 0, said
        self.new = self.state()
        assert self.new != self.old

    def damage(self) -> None:
        """A flipped bit in a file of the observatory."""
        path = Store.open(self.place / "obs").files("authorship")[0]
        raw = bytearray(path.read_bytes())
        raw[50] ^= 1
        path.write_bytes(raw)

    def grow(self) -> None:
        """A work more, behind the back of the commands that keep cubes up."""
        store = Store.open(self.place / "obs")
        with store.write() as txn:
            txn.replace("work", txn.read("work").slice(1))

    def command(self, line: str) -> tuple[int, str]:
        store_module._told.clear()
        with contextlib.redirect_stderr(io.StringIO()) as err, contextlib.redirect_stdout(io.StringIO()):
            places = {"given": self.given, "obs": self.place / "obs", "out": self.place / "out", "base": self.base}
            words = line.format(**places, work=self.work()).split()
            code = run(words)
        return code, err.getvalue()

    def work(self) -> int:
        """A work of the observatory."""
        obs = self.place / "obs"
        ids = Store.open(obs).read("work", ["work_id"])["work_id"].to_pylist() if (obs / "CURRENT").exists() else []
        return int(ids[0]) if ids else 0

    def state(self) -> dict[str, bytes]:
        """What readers can see: of an observatory the files that count, of everything else all files."""
        found = {}
        obs = self.place / "obs"
        if (obs / "CURRENT").exists():
            store = Store.open(obs)
            assert store.damages("bytes") == [] or self.writing.name == "repair"
            for table in store.tables():
                found |= {f"{table}/{p.name}": p.read_bytes() for p in store.files(table)}
            for folder in ("registry", "cubes", "indices"):
                for path in (obs / folder).rglob("*"):
                    name = path.relative_to(obs)
                    if path.is_file() and not any(p.startswith(".") for p in name.parts):
                        found[name.as_posix()] = path.read_bytes()
            if self.writing.name == "prune":
                found |= {f"registry/generation {n}": b"" for n in store.generations()}
        for path in (self.place / "out").rglob("*"):
            name = path.relative_to(self.place)
            if path.is_file() and not any(p.endswith(UNFINISHED) or p in OWN_NOTES for p in name.parts):
                found[name.as_posix()] = path.read_bytes()
        return found

    def leftovers(self) -> list[str]:
        return sorted(p.name for p in self.place.rglob("*") if p.name.endswith(UNFINISHED))

    def one(self, stop: int, kind: str, after: bool) -> str | None:
        """One trial; what went wrong, or None."""
        shutil.rmtree(self.place)
        shutil.copytree(self.start, self.place)
        copy = self.folder / "copy"

        def keep() -> None:
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(self.place, copy, symlinks=True)

        layer = Layer((self.place,), stop, kind, after, keep)
        code, said = 0, ""
        try:
            with laid(layer):
                code, said = self.command(self.writing.arguments)
        except Dead:
            shutil.rmtree(self.place)
            shutil.copytree(copy, self.place, symlinks=True)
        except KeyboardInterrupt:
            code = 130
        except BaseException as error:
            return f"ended in {type(error).__name__}: {error}"
        if not layer.done:
            return None  # this run made fewer calls
        if code not in (0, 2, 130):
            return f"exit code {code}"
        if code == 2 and said.count("\n") != 1:
            return f"said {said!r}"
        try:
            seen = self.state()
        except BaseException as error:
            return f"cannot be read afterwards: {type(error).__name__}: {error}"
        if seen not in (self.old, self.new) and not self._between(seen):
            return f"shows neither the old nor the new state: {sorted(seen)[:5]}"
        code, said = self.command(self.writing.arguments)
        if code != 0:
            return f"the same command again: exit code {code}, {said!r}"
        if self.state() != self.new:
            return "the same command again gave other bytes"
        if left := self.leftovers():
            return f"left behind: {left}"
        return None

    def _between(self, seen: dict[str, bytes]) -> bool:
        """Results and the files of the registry appear one by one, each whole; tables all at once."""

        def tables_of(state: dict[str, bytes]) -> dict[str, bytes]:
            return {k: v for k, v in state.items() if not k.startswith(("registry/", "cubes/", "indices/", "out/"))}

        tables, kept = tables_of(seen), [tables_of(s) for s in (self.old, self.new)]
        return tables in kept and all(v in (self.old.get(k), self.new.get(k)) for k, v in seen.items())

    def all(self) -> Iterator[tuple[int, str, bool]]:
        for stop in range(1, len(self.layer.calls) + 1):
            for kind in KINDS:
                for after in (False, True):
                    yield stop, kind, after


def failures(trials: Trials, which: Callable[[int, str, bool], bool] = lambda *_: True) -> tuple[int, list[str]]:
    n, found = 0, []
    for stop, kind, after in trials.all():
        if which(stop, kind, after):
            n += 1
            if (fault := trials.one(stop, kind, after)) is not None:
                found.append(f"{'after' if after else 'before'} call {stop} ({trials.layer.calls[stop - 1]}) {kind}: {fault}")
    return n, found


EVERY = (*INGESTS, *OUTPUTS, *FOLDERS, *FETCHES)
SAMPLE = ("openalex", "openalex-update", "ror", "patents", "deals", "policy", "series", "contributions", "prune", "rank-csv", "audit")
SAMPLE += ("pack-open", "cube-make", "repair", "fetch-snapshot", "fetch-ror")


def test_every_writing_command_is_here() -> None:
    """Whatever has an option or an argument for a place to write to."""
    known = {w.arguments for w in (*EVERY, *LARGE)}
    root = Path(cli.__file__).parent
    missing = []
    for path in sorted(root.rglob("*.py")):
        text, words = path.read_text(encoding="utf-8"), path.relative_to(root).with_suffix("").parts
        writes = any(w in text for w in ('"--out"', '"--plot"', '"--save"', "Write", "Store.create", "renewed(")) or words[0] == "fetch"
        name = " ".join(words).replace("_", "-")
        if writes and not words[-1].startswith("_") and not any(k.startswith(name) for k in known) and name not in ALIKE:
            missing.append(name)
    assert missing == []


def test_the_end_of_a_commit(given: Path, base: str, tmp_path: Path) -> None:
    """The last calls, where a generation comes to count: what fails behind the rename undoes nothing."""
    trials = Trials(next(w for w in INGESTS if w.name == "deals"), given, base, tmp_path)
    last = len(trials.layer.calls)
    n, found = failures(trials, lambda stop, kind, after: stop > last - 3)
    assert n == 3 * len(KINDS) * 2
    assert found == []


@pytest.mark.parametrize("writing", [w for w in EVERY if w.name in SAMPLE], ids=lambda w: w.name)
def test_some_calls(writing: Writing, given: Path, base: str, tmp_path: Path) -> None:
    """A few trials of some commands; all of them are in ``make test-slow``."""
    trials = Trials(writing, given, base, tmp_path)
    chosen = set(random.Random(5).sample(list(trials.all()), 3))
    n, found = failures(trials, lambda *trial: trial in chosen)
    assert n == 3
    assert found == []


@pytest.mark.slow
@pytest.mark.parametrize("writing", EVERY, ids=lambda w: w.name)
def test_every_call(writing: Writing, given: Path, base: str, tmp_path: Path) -> None:
    n, found = failures(Trials(writing, given, base, tmp_path))
    print(f"{writing.name}: {n} trials, {n - len(found)} survived")
    assert n > 30
    assert found == []


@pytest.mark.slow
@pytest.mark.parametrize("writing", LARGE, ids=lambda w: w.name)
def test_many_calls(writing: Writing, given: Path, base: str, tmp_path: Path) -> None:
    """Commands that make thousands of calls: some of them."""
    trials = Trials(writing, given, base, tmp_path)
    chosen = set(random.Random(6).sample(list(trials.all()), 24))
    n, found = failures(trials, lambda *trial: trial in chosen)
    print(f"{writing.name}: {n} trials of {len(trials.layer.calls) * 8:,}, {n - len(found)} survived")
    assert found == []
