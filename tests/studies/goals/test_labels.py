"""Judgements of readers: measures against examples by hand, estimates against known truth, and what is refused."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from armillary.cli.main import run
from armillary.studies.goals.labels import Read, cohen, draw, krippendorff, prevalence
from support.tiny import observatory


def test_agreement_by_hand() -> None:
    # ten works, two readers: both yes 4, both no 3, one yes 3. kappa = (0.7 - 0.5) / 0.5 with p = q' = .5/.6 ...
    one = {w: w < 6 for w in range(10)}
    two = {w: w in (0, 1, 2, 3, 6) for w in range(10)}
    n, kappa = cohen(one, two)
    chance = 0.6 * 0.5 + 0.4 * 0.5
    assert n == 10 and kappa == pytest.approx((0.7 - chance) / (1 - chance))
    # alpha = 1 - (n - 1) * sum of o_c!=k / sum of n_c n_k: 20 values, 11 yes, 9 no, 3 works apart
    assert krippendorff({w: [one[w], two[w]] for w in range(10)}) == pytest.approx(1 - 19 * 6 / (2 * 11 * 9))
    assert krippendorff({1: [True], 2: [False]}) is None and krippendorff({1: [True, True]}) is None
    assert krippendorff({1: [True, True], 2: [False, False], 3: [True]}) == 1.0


def test_strata_count_by_their_size() -> None:
    reads = [Read("a", i, 13, "tagged", 100, i < 8) for i in range(10)]
    reads += [Read("a", 100 + i, 13, "not tagged", 900, i < 1) for i in range(10)]
    found = prevalence(reads)
    assert found["prevalence"] == pytest.approx(0.1 * 0.8 + 0.9 * 0.1)
    variance = 0.01 * 0.9 * (0.8 * 0.2 * 10 / 9) / 10 + 0.81 * (1 - 10 / 900) * (0.1 * 0.9 * 10 / 9) / 10
    assert found["error"] == pytest.approx(math.sqrt(variance))
    assert found["precision"] == 0.8 and found["recall"] == pytest.approx(0.08 / 0.17)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    truth = {"tagged": rng.random(400) < 0.6, "not tagged": rng.random(3600) < 0.05}
    share = sum(t.sum() for t in truth.values()) / 4000
    hits = 0
    for _ in range(300):
        reads = []
        for name, values in truth.items():
            for i in rng.choice(len(values), 100, replace=False):
                reads.append(Read("a", int(i) + (10_000 if name == "tagged" else 0), 13, name, len(values), bool(values[i])))
        found = prevalence(reads)
        hits += found["low"] <= share <= found["high"]
    assert 0.88 <= hits / 300 <= 0.99


def test_a_sheet_is_drawn_filled_in_by_two_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    papers = [{"id": i, "authors": [[[1]]], "sdgs": {13: 0.9} if i <= 20 else {}} for i in range(1, 101)]
    obs = observatory(tmp_path / "o", papers, {1: "CN"})
    sheet = tmp_path / "sheet.csv"
    into = ["--into", str(obs.path)]
    assert run(["sdg", "label", "--goal", "13", "--draw", "30", "--out", str(sheet), *into]) == 0
    rows = list(csv.DictReader(sheet.read_text().splitlines()))
    assert [r["stratum"] for r in rows].count("tagged") == 15 and {r["stratum_size"] for r in rows} == {"20", "80"}
    assert draw(obs.corpus, 13, 30).equals(draw(obs.corpus, 13, 30)) and not draw(obs.corpus, 13, 30).equals(
        draw(obs.corpus, 13, 30, seed=2)
    )
    for reader in ("ana", "ben"):
        with (tmp_path / f"{reader}.csv").open("w", newline="") as file:
            out = csv.DictWriter(file, list(rows[0]))
            out.writeheader()
            out.writerows({**r, "belongs": "yes" if r["stratum"] == "tagged" and (reader == "ana" or int(r["work_id"][1:]) % 2) else "no"}
                          for r in rows)  # fmt: skip
    capsys.readouterr()
    assert run(["sdg", "label", str(tmp_path / "ana.csv"), str(tmp_path / "ben.csv"), *into]) == 0
    said = capsys.readouterr().out
    assert "Krippendorff's alpha" in said and "Cohen's kappa" in said and "30 works read by 2 readers" in said
    kept = (obs.path / "labels" / "sdg-13.csv").read_text()
    assert kept.count("\n") == 61 and "Paper" not in kept  # ids and judgements, no texts
    assert run(["sdg", "label", str(tmp_path / "ana.csv"), *into]) == 0
    assert (obs.path / "labels" / "sdg-13.csv").read_text() == kept
    for bad, message in ((rows[0] | {"belongs": "perhaps"}, "yes, no, or nothing"), (rows[0], "no judgement")):
        with (tmp_path / "bad.csv").open("w", newline="") as file:
            out = csv.DictWriter(file, list(rows[0]))
            out.writeheader()
            out.writerow(bad)
        assert run(["sdg", "label", str(tmp_path / "bad.csv"), *into]) == 2 and message in capsys.readouterr().err
    assert run(["sdg", "label", *into]) == 2
