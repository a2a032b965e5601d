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
from dataclasses import dataclass
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core import store as store_module
from armillary.core.store import Store
from support.small_inputs import small_inputs
from support.stops import KINDS, Dead, Layer, laid


@dataclass(frozen=True)
class Writing:
    """A command that writes into ``{obs}`` or ``{out}``, and what must have run before it."""

    name: str
    arguments: str
    before: tuple[str, ...] = ()


FIRST = "ingest openalex {given}/snapshot --into {obs} --workers 1 --quiet"
PUBLISHED = "publish {out}/site --into {obs} --pages 2 --languages en --quiet"
INGESTS = (
    Writing("openalex", FIRST),
    Writing("openalex-update", "ingest openalex {given}/update --into {obs} --workers 1 --quiet", (FIRST,)),
    Writing("ror", "ingest ror {given}/ror.jsonl --into {obs} --quiet", (FIRST,)),
    Writing("patents", "ingest patents {given}/plain.csv --into {obs} --quiet"),
    Writing("deals", "ingest deals {given}/deals.csv --into {obs} --quiet"),
    Writing("policy", "ingest policy {given}/citations.csv --into {obs} --quiet", (FIRST,)),
    Writing("series", "ingest series {given}/tidy.csv --into {obs} --quiet"),
    Writing("contributions", "ingest contributions {given}/contributions.jsonl --into {obs} --quiet", (FIRST,)),
)

OUTPUTS = (
    Writing("rank-csv", "rank share --into {obs} --threads 1 --format csv --out {out}/a/t.csv", (FIRST,)),
    Writing("rank-parquet", "rank share --into {obs} --threads 1 --format parquet --out {out}/t.parquet", (FIRST,)),
    Writing("rank-xlsx", "rank share --into {obs} --threads 1 --format xlsx --out {out}/t.xlsx", (FIRST,)),
    Writing("rank-plot", "rank share --into {obs} --threads 1 --plot {out}/t.svg", (FIRST,)),
    Writing("dossier", "dossier W{work} --into {obs} --out {out}/d.html", (FIRST,)),
    Writing("audit", "audit {given}/claims.toml --out {out}/audit --quiet", ()),
    Writing("index", "index build demo --out {out}/i.json", ()),
    Writing("diff", "diff {obs} {obs} share --records {out}/r.parquet --quiet", (FIRST,)),
    Writing("classify", "sdg classify --into {obs} --out {out}/goals.csv --quiet", (FIRST,)),
    Writing("places", "places --populated {given}/cities.json --into {obs} --quiet", (FIRST,)),
    Writing("publish", "publish {out}/site --into {obs} --pages 2 --languages en --quiet", (FIRST,)),
    Writing("publish-again", "publish {out}/site --into {obs} --pages 3 --languages en --quiet", (FIRST, PUBLISHED)),
    Writing("repair", "repair --from {given}/snapshot --into {obs}", (FIRST, "break")),
)


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("given")
    return small_inputs(tmp_path_factory.mktemp("scratch"), folder)


class Trials:
    """One command in a folder that is put back before each trial."""

    def __init__(self, writing: Writing, given: Path, folder: Path) -> None:
        self.writing, self.given, self.folder = writing, given, folder
        self.place, self.start = folder / "place", folder / "start"
        self.start.mkdir()
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()
        for line in writing.before:
            if line == "break":
                self.damage()
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

    def command(self, line: str) -> tuple[int, str]:
        store_module._told.clear()
        with contextlib.redirect_stderr(io.StringIO()) as err, contextlib.redirect_stdout(io.StringIO()):
            words = line.format(given=self.given, obs=self.place / "obs", out=self.place / "out", work=self.work()).split()
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
            for path in (obs / "registry").glob("*"):
                if not path.name.startswith("."):
                    found[f"registry/{path.name}"] = path.read_bytes()
        out = [
            p
            for p in (self.place / "out").rglob("*")
            if p.is_file() and p.suffix != ".part" and not {"site.partial", "site.old"} & set(p.parts)
        ]
        return found | {p.relative_to(self.place).as_posix(): p.read_bytes() for p in out}

    def leftovers(self) -> list[str]:
        return sorted(p.name for p in self.place.rglob("*") if p.suffix in (".tmp", ".part", ".partial", ".old"))

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
            return {k: v for k, v in state.items() if not k.startswith(("registry/", "out/"))}

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


def test_the_end_of_a_commit(given: Path, tmp_path: Path) -> None:
    """The last calls, where a generation comes to count: what fails behind the rename undoes nothing."""
    trials = Trials(INGESTS[4], given, tmp_path)
    last = len(trials.layer.calls)
    n, found = failures(trials, lambda stop, kind, after: stop > last - 3)
    assert n == 3 * len(KINDS) * 2
    assert found == []


@pytest.mark.parametrize("writing", (*INGESTS, OUTPUTS[0], OUTPUTS[5], OUTPUTS[-1]), ids=lambda w: w.name)
def test_some_calls(writing: Writing, given: Path, tmp_path: Path) -> None:
    """A few trials of each command; all of them are in ``make test-slow``."""
    trials = Trials(writing, given, tmp_path)
    chosen = set(random.Random(5).sample(list(trials.all()), 3))
    n, found = failures(trials, lambda *trial: trial in chosen)
    assert n == 3
    assert found == []


@pytest.mark.slow
@pytest.mark.parametrize("writing", (*INGESTS, *OUTPUTS), ids=lambda w: w.name)
def test_every_call(writing: Writing, given: Path, tmp_path: Path) -> None:
    n, found = failures(Trials(writing, given, tmp_path))
    print(f"{writing.name}: {n} trials, {n - len(found)} survived")
    assert n > 30
    assert found == []
