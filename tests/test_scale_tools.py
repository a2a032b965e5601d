"""The cost model's fit, the bill of materials, and the list of all benchmarks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import armillary as arm
from armillary.core.store import Store
from armillary.synthetic import World
from armillary.synthetic.write_core import to_core

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.copies import copy_world  # noqa: E402
from benchmarks.cost_model import WHOLE, fit  # noqa: E402
from benchmarks.measure import run_limited  # noqa: E402
from benchmarks.run_all import FULL, SMALL  # noqa: E402
from benchmarks.summary import READERS, lines, markdown  # noqa: E402


def test_fit_finds_a_power_law_and_takes_off_the_start():
    sizes = [1_000_000, 2_000_000, 4_000_000, 8_000_000]
    found = fit(sizes, [3 + 2e-6 * n**1.05 for n in sizes], 3.0)
    assert found["exponent"] == pytest.approx(1.05, abs=1e-6)
    assert found["projected"] == pytest.approx(2e-6 * WHOLE**1.05, rel=1e-4)
    assert found["low"] == pytest.approx(found["high"], rel=1e-4)


def test_interval_grows_with_noise():
    sizes = [1_000_000, 2_000_000, 4_000_000, 8_000_000]
    found = fit(sizes, [1.0, 2.2, 3.8, 8.1], 0.0)
    assert found["low"] < found["projected"] < found["high"] and found["exponent_off"] > 0
    assert "low" not in fit(sizes[:2], [1.0, 2.0], 0.0)


def test_sbom_names_every_pin_with_its_hashes():
    command = [sys.executable, str(ROOT / "scripts" / "sbom.py"), str(ROOT / "requirements.lock"), "--version", "1.2.3"]
    first, again = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert first == again
    document = json.loads(first)
    lock = (ROOT / "requirements.lock").read_text()
    pins = set(re.findall(r"(?m)^([A-Za-z0-9._-]+==[^\s\\;]+)", lock))
    assert {f"{c['name']}=={c['version']}" for c in document["components"]} == pins
    assert sum(len(c["externalReferences"]) for c in document["components"]) == lock.count("--hash=sha256:")
    references = {c["bom-ref"] for c in document["components"]} | {document["metadata"]["component"]["bom-ref"]}
    assert {d["ref"] for d in document["dependencies"]} == references
    assert all(set(d["dependsOn"]) <= references for d in document["dependencies"])


def test_every_benchmark_is_in_the_list():
    """A new benchmark must be added to ``run_all``: a list that forgets is no table of all."""
    helpers = {"__init__", "measure", "flatten", "run_all", "summary", "copies"}
    helpers |= {"sample_calibration", "given_yardstick", "attack", "soak_mixed"}  # of intervals, of a yardstick, of faults: not of speed
    helpers |= {"oam_formulas"}  # of another program's formulas
    assert {p.stem for p in (ROOT / "benchmarks").glob("*.py")} - helpers == set(SMALL) == set(FULL) == set(READERS)


def test_the_table_says_what_was_missed_and_what_was_not_run():
    figures = {
        "rows": [
            {"works": 5_000_000, "part": "ours", "wall_s": 6.0, "peak_mib": 1500},
            {"works": 5_000_000, "part": "sql", "wall_s": 4.0, "peak_mib": 2000},
            {"works": 5_000_000, "part": "pandas", "wall_s": 20.0, "peak_mib": 8000},
        ]
    }
    rows = lines([{"benchmark": "impact", "figures": figures}, {"benchmark": "web", "figures": None, "ended": "timeout"}])
    assert [(r["ratio"], r["met"]) for r in rows] == [("1.50", "no"), ("0.30", "yes"), ("0.19", "yes"), ("", "")]
    assert rows[-1]["what"] == "timeout" and markdown(rows).count("\n") == len(rows) + 1


CHILD = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; x = bytearray(60_000_000); time.sleep(1)']); "


def test_memory_is_that_of_all_processes():
    alone = run_limited([sys.executable, "-c", "import time; x = bytearray(60_000_000); time.sleep(1)"])
    both = run_limited([sys.executable, "-c", CHILD + "x = bytearray(60_000_000); p.wait(); print('done')"])
    assert 57 <= alone["peak_mib"] < 100 < both["peak_mib"] < 200
    assert both["wall_s"] >= 1 and both["text"] == "done\n"


def test_more_memory_than_allowed_cannot_be_had():
    command = [sys.executable, "-c", "x = bytearray(b'1' * 300_000_000); print(len(x))"]
    if not run_limited(command, memory_bytes=1 << 30)["held"]:
        pytest.skip("this machine lets us make no control group")
    with pytest.raises(RuntimeError, match="ended with -9"):
        run_limited(command, memory_bytes=100 << 20)


def test_copies_of_a_world_add_up(tmp_path):
    """Three copies: three times the rows under ids of their own, three times every country's share, and as many institutions as said."""
    one = Store.create(tmp_path / "one")
    to_core(one, World(1000, seed=5), texts=False)
    (tmp_path / "one" / "registry").mkdir(exist_ok=True)
    made = copy_world(tmp_path / "one", tmp_path / "three", 3)
    three = Store.open(tmp_path / "three")
    assert three.rows("work") == 3 * one.rows("work") == made["works"] and three.rows("citation") == 3 * one.rows("citation")
    for table, key in (("work", ["work_id"]), ("authorship", ["work_id", "author_seq"]), ("institution", ["institution_id"])):
        assert three.read(table).group_by(key).aggregate([]).num_rows == three.rows(table), table
    assert three.rows("institution") == made["institutions"] == 2 * one.rows("institution")
    before, after = ({r["unit_id"]: r["value"] for r in arm.open(s.path).rank("share", unit="country").rows()} for s in (one, three))
    assert after == pytest.approx({k: 3 * v for k, v in before.items()}, rel=1e-12)
    assert [f.name for f in three.files("work")] == sorted(f.name for f in three.files("work"))
