"""Identities of tables: found where they hold, broken rows named, nothing found in noise."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from armillary.cli.main import run
from armillary.composite.figures import sheet
from armillary.composite.formulas import check
from armillary.composite.identities import identities
from armillary.errors import ArmillaryError


def table(n: int = 24) -> dict[str, list[str]]:
    rng = np.random.default_rng(2)
    a, b, people = rng.uniform(10, 400, n).round(1), rng.uniform(10, 400, n).round(1), rng.uniform(1e6, 9e7, n).round()
    total = a + b
    place = (-total).argsort().argsort() + 1
    return {
        "country": [f"C{k}" for k in range(n)],
        "a": [f"{v:.1f}" for v in a],
        "b": [f"{v:.1f}" for v in b],
        "total": [f"{v:.1f}" for v in total],
        "people": [f"{v:.0f}" for v in people],
        "per million": [f"{t / p * 1e6:.3f}" for t, p in zip(total, people, strict=True)],
        "place": [str(v) for v in place],
    }


def test_sums_ratios_and_ranks_are_found_and_broken_rows_named() -> None:
    found = {i.formula: i for i in identities(sheet(pa.table(table())))}
    assert "total = a + b" in found or "a = " in " ".join(found)
    assert any(f.startswith("per million = 1e+06 * total / people") for f in found), list(found)
    assert "place = rank(total, largest first)" in found
    assert all(not i.broken for i in found.values())
    wrong = table()
    wrong["total"][5] = f"{float(wrong['total'][5]) + 300:.1f}"
    again = {i.formula: i for i in identities(sheet(pa.table(wrong)))}
    sums = next(i for i in again.values() if i.kind == "sum")
    assert [b.unit for b in sums.broken] == ["C5"]
    wrong = table()
    wrong["place"][7] = "20" if wrong["place"][7] != "20" else "2"
    again = {i.formula: i for i in identities(sheet(pa.table(wrong)))}
    assert "C7" in [b.unit for b in again["place = rank(total, largest first)"].broken]


def published(n: int = 20, seed: int = 5) -> dict[str, list[str]]:
    rng = np.random.default_rng(seed)
    return {"code": [f"C{k:02d}" for k in range(n)], **{c: [f"{v:.1f}" for v in rng.uniform(5, 95, n)] for c in "abc"}}


def numbers(table: dict[str, list[str]], *names: str) -> list[np.ndarray]:
    return [np.array([float(v) for v in table[c]]) for c in names]


@pytest.mark.parametrize("seed", range(6))
def test_shares_of_a_right_table_accuse_nobody_and_a_total_row_is_known(seed: int) -> None:
    t = published(seed=seed)
    (a,) = numbers(t, "a")
    t = {"code": t["code"], "papers": t["a"], "share": [f"{v:.1f}" for v in 100 * a / a.sum()]}
    (found,) = identities(sheet(pa.table(t)))
    assert found.kind == "share" and found.formula == "share = 100 * papers / sum(papers)" and not found.broken
    # the same with a factor that is no share, and with a row of totals
    scaled = {"code": t["code"], "papers": t["papers"], "points": [f"{v:.1f}" for v in 0.10553 * a]}
    assert all(not i.broken for i in identities(sheet(pa.table(scaled))))
    whole = {c: [*v, x] for (c, v), x in zip(t.items(), ("Total", f"{a.sum():.1f}", "100.0"), strict=True)}
    found = {i.kind: i for i in identities(sheet(pa.table(whole)))}
    assert found["total"].holds == 2 and found["share"].of == 20 and not found["share"].broken
    whole["papers"][-1] = f"{a.sum() + 70:.1f}"
    assert [b.unit for b in {i.kind: i for i in identities(sheet(pa.table(whole)))}["total"].broken] == ["Total (papers)"]


def test_geometric_and_weighted_means_are_found() -> None:
    t = published()
    a, b, c = numbers(t, "a", "b", "c")
    g = {**t, "index": [f"{v:.1f}" for v in (a * b * c) ** (1 / 3)]}
    g["index"][4] = f"{float(g['index'][4]) + 7:.1f}"
    (found,) = identities(sheet(pa.table(g)))
    assert found.formula == "index = gmean(a, b, c)" and [x.unit for x in found.broken] == ["C04"]
    w = {**t, "index": [f"{v:.1f}" for v in 0.5 * a + 0.3 * b + 0.2 * c]}
    w["index"][4] = f"{float(w['index'][4]) + 7:.1f}"
    (found,) = identities(sheet(pa.table(w)))
    assert found.formula == "index = 0.5 * a + 0.3 * b + 0.2 * c" and [x.unit for x in found.broken] == ["C04"]
    assert identities(sheet(pa.table(published()))) == []
    for formula in ("index = (a * b * c) ** (1/3)", "index = gmean(a, b, c)", "index = exp((log(a) + log(b) + log(c)) / 3)"):
        assert [x.unit for x in check(sheet(pa.table(g)), formula).broken] == ["C04"]
    top = {**t, "best": [f"{max(v):.1f}" for v in zip(a, b, strict=True)], "square": [f"{v**2:.2f}" for v in a]}
    for formula in ("best = max(a, b)", "square = a ** 2", "a = sqrt(square)", "a = a * max(a) / max(a)"):
        assert not check(sheet(pa.table(top)), formula).broken


def test_cells_that_are_no_numbers_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    t = {**published(), "mean": published()["a"]}
    t["b"][3] = "x12"
    read = sheet(pa.table(t))
    assert read.odd == ((5, "b", "x12"),)
    (tmp_path / "t.csv").write_text("\n".join([",".join(t), *(",".join(r) for r in zip(*t.values(), strict=True))]) + "\n")
    run(["table", "verify", str(tmp_path / "t.csv")])
    assert "row 5, column 'b': 'x12' is not a number and is not checked" in capsys.readouterr().out


def test_nothing_is_found_in_noise() -> None:
    rng = np.random.default_rng(3)
    noise = {"u": [f"u{k}" for k in range(30)], **{c: [f"{v:.1f}" for v in rng.uniform(0, 100, 30)] for c in "abcdef"}}
    assert identities(sheet(pa.table(noise))) == []
    few = {"u": [f"u{k}" for k in range(30)], **{c: [str(int(v)) for v in rng.integers(0, 3, 30)] for c in "abcd"}}
    assert identities(sheet(pa.table(few))) == []


def test_years_that_are_one_factor_apart_and_copied_columns() -> None:
    rng = np.random.default_rng(4)
    x = rng.uniform(100, 900, 12)
    rows = [(f"u{k}", y, v * f) for y, f in ((2019, 1.0), (2020, 1.037), (2021, 1.3)) for k, v in enumerate(x)]
    noisy = [(u, y, v * (1 + (y == 2021) * rng.normal(0, 0.05))) for u, y, v in rows]
    t = {"u": [r[0] for r in noisy], "y": [str(r[1]) for r in noisy], "x": [f"{r[2]:.1f}" for r in noisy]}
    found = identities(sheet(pa.table(t), time="y"))
    assert len(found) == 1 and "x of 2020 = 1.037" in found[0].formula and "one common factor" in found[0].remark
    wide = {"u": [f"u{k}" for k in range(12)], "2019": [f"{v:.1f}" for v in x], "2020": [f"{1.037 * v:.1f}" for v in x]}
    assert any(i.kind == "factor" and "1.037" in i.formula for i in identities(sheet(pa.table(wide))))


@pytest.mark.parametrize(
    ("formula", "broken"),
    [
        ("total = a + b", 0),
        ("total = sum(a, b)", 0),
        ("total = 2 * mean(a, b)", 0),
        ("a = total - b", 0),
        ("`per million` = 1000000 * total / people", 0),
        ("place = rank(total)", 0),
        ("total = a", 24),
        ("place = rank(-total)", 22),
    ],
)
def test_identities_that_are_written_down(formula: str, broken: int) -> None:
    done = check(sheet(pa.table(table())), formula)
    assert done.of == 24 and (len(done.broken) == 0) == (broken == 0) and len(done.broken) <= 24


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("total", "no identity"),
        ("total = a +", "cannot be read"),
        ("total = z", "unknown column"),
        ("z = a", "unknown column"),
        ("total = a ** b", "no arithmetic"),
    ],
)
def test_bad_identities_are_refused(formula: str, words: str) -> None:
    with pytest.raises(ArmillaryError, match=words):
        check(sheet(pa.table(table())), formula)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    t = table()
    path = tmp_path / "t.csv"

    def write() -> None:
        path.write_text("\n".join([",".join(t), *(",".join(r) for r in zip(*t.values(), strict=True))]) + "\n")

    write()
    assert run(["table", "verify", str(path)]) == 0
    assert "place = rank(total, largest first): holds in 24 of 24 rows" in capsys.readouterr().out
    t["total"][3] = "1.0"
    write()
    assert run(["table", "verify", str(path), "--check", "total = a + b", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["broken"] == 1 and told["identities"][0]["broken"][0]["row"] == 5
    assert run(["table", "verify", str(path), "--time", "zz"]) == 2
    assert "unknown column 'zz'" in capsys.readouterr().err
