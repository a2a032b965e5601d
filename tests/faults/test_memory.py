"""A memory limit holds: peaks of processes of their own, measured by the system, with a limit and without.

The other form, a limit of the address space (``ulimit -v``), says nothing here: DuckDB and Arrow reserve gigabytes that they never touch.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from armillary.core.store import Store
from armillary.sources.openalex.ingest import ingest
from armillary.synthetic.beside import write_world
from armillary.synthetic.world import World

MIB = 2**20
PYTHON = 250_000_000
"""What a ranking takes beside the memory of the engine: interpreter, libraries, the result. Said by ``--memory`` as "about 0.3 GB"."""
MAIN = "from armillary.cli.main import main; main()"


REPORT = """
import atexit
from pathlib import Path
@atexit.register
def report():
    Path({path!r}).write_text(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


def peak_of(code: str, *arguments: str) -> int:
    """Peak resident bytes of a process that must succeed. (``getrusage`` would count this process, from which it is forked.)"""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "peak"
        subprocess.run([sys.executable, "-c", REPORT.format(path=str(told)) + code, *arguments], stdout=subprocess.DEVNULL, check=True)
        return int(told.read_text()) * 1024


@dataclass
class Tree:
    """Resident bytes of a process and all below it: the peak of each, and the greatest sum seen at one moment."""

    peaks: dict[int, int] = field(default_factory=dict)
    together: int = 0

    @classmethod
    def of(cls, *arguments: str) -> Tree:
        self = cls()
        process = subprocess.Popen([sys.executable, *arguments])
        while process.poll() is None:
            self._look(process.pid)
            time.sleep(0.01)
        assert process.returncode == 0
        return self

    def _look(self, root: int) -> None:
        now, waiting = 0, [root]
        while waiting:
            number = waiting.pop()
            try:
                status = Path(f"/proc/{number}/status").read_text()
                waiting += map(int, Path(f"/proc/{number}/task/{number}/children").read_text().split())
                peak, resident = (int(status.split(f"{name}:")[1].split()[0]) * 1024 for name in ("VmHWM", "VmRSS"))
            except (OSError, IndexError):
                continue  # it has ended
            self.peaks[number] = max(self.peaks.get(number, 0), peak)
            now += resident
        self.together = max(self.together, now)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(World(150_000, 5), folder, layout="parquet")
    return folder


@pytest.fixture(scope="module")
def observatory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = tmp_path_factory.mktemp("larger")
    write_world(World(500_000, 5), world, layout="parquet")
    store = Store.create(tmp_path_factory.mktemp("observatory"))
    ingest(world, store, workers=2)
    shutil.rmtree(world)
    return store.path


@pytest.mark.slow
def test_rank_stays_below_its_limit(observatory: Path, tmp_path: Path) -> None:
    def rank(name: str, *limit: str) -> int:
        out = ["--format", "csv", "--out", str(tmp_path / name), "--into", str(observatory)]
        return peak_of(MAIN, "rank", "pp-top10", "--unit", "institution", *out, *limit)

    limit = 100_000_000
    assert rank("free.csv") > limit + PYTHON, "the limit must be less than what is used without one"
    assert rank("bounded.csv", "--memory", "100MB") < limit + PYTHON
    assert (tmp_path / "bounded.csv").read_bytes() == (tmp_path / "free.csv").read_bytes()


@pytest.mark.slow
def test_rank_that_does_not_fit_says_so_in_one_line(observatory: Path) -> None:
    command = ["rank", "pp-top10", "--unit", "institution", "--memory", "20MB", "--into", str(observatory)]
    done = subprocess.run([sys.executable, "-c", MAIN, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "this does not fit into the memory allowed" in done.stderr and "Raise --memory" in done.stderr


@pytest.mark.slow
def test_ingest_stays_below_its_limit(world: Path, tmp_path: Path) -> None:
    """All processes together: few where little memory is given, however many are asked for."""

    def read(name: str, *limit: str) -> Tree:
        return Tree.of("-c", MAIN, "ingest", "openalex", str(world), "--into", str(tmp_path / name), "--workers", "8", "--quiet", *limit)

    limit = 1_100_000_000
    free, bounded = read("free"), read("bounded", "--memory", "1.1GB")
    assert free.together > limit, "the limit must be less than what is used without one"
    assert sum(bounded.peaks.values()) < limit
    assert len(bounded.peaks) < len(free.peaks)
    assert Store.open(tmp_path / "bounded").digest == Store.open(tmp_path / "free").digest


def test_a_process_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Four times the authors in one file: the rows go to disk segment by segment, and what is held are columns."""
    peaks = []
    for n in (100_000, 400_000):
        path = tmp_path / f"{n}.jsonl"
        with path.open("w") as out:
            for k in range(n):
                author = {"id": f"https://openalex.org/A{k + 1}", "display_name": f"Author {k}", "updated_date": "2025-01-01"}
                out.write(json.dumps(author) + "\n")
        command = ["ingest", "openalex", str(path), "--into", str(tmp_path / f"o{n}"), "--workers", "1", "--quiet"]
        peaks.append(peak_of(MAIN, *command))
    assert peaks[1] - peaks[0] < 300_000 * 300, "a row as a dictionary takes more than twice as much"


COMPARE = """
import sys
from pathlib import Path
from armillary.sources.openalex.supersede import losers
here = Path(sys.argv[1])
old, new = ({p.stem: p for p in sorted((here / name).glob("*.parquet"))} for name in ("old", "new"))
found = {label: len(ids) for label, ids, _ in losers("work", old, new, here / "scratch", sys.argv[2])}
assert found == {label: 100_000 for label in old}, found
"""


def test_comparing_all_works_stays_below_its_limit(tmp_path: Path) -> None:
    """Two million works that are all here twice, in segments of the usual size."""
    n = 100_000
    for name, date in (("old", "2025-01-01"), ("new", "2025-06-01")):
        (tmp_path / name).mkdir()
        for k in range(20):
            ids = pa.array(np.arange(k * n, (k + 1) * n))
            dates = pc.binary_join_element_wise(f"{date}T00:00:00.", ids.cast(pa.string()), "")
            path = tmp_path / name / f"{'ab'[name == 'new'] * 12}-{k:04d}.parquet"
            pq.write_table(pa.table({"work_id": ids, "updated_date": dates}), path)
    (tmp_path / "scratch").mkdir()

    def compare(limit: str) -> int:
        return peak_of(COMPARE, str(tmp_path), limit)

    free, bounded = compare("8GB"), compare("100MB")
    assert bounded < 100_000_000 + PYTHON < free, (bounded / MIB, free / MIB)
