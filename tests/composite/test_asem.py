"""The ASEM index, stage by stage, against the output of the reference implementation in R (MIT licence)."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from armillary.composite import IndexData, IndexSpec, build, load_data, load_spec, rebuild

STAGES = {"denominated": "Denominated", "imputed": "Imputed", "treated": "Treated", "normalised": "Normalised"}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def expected(folder: Path, stage: str, units: tuple[str, ...], columns: tuple[str, ...]) -> np.ndarray:
    rows = {r["UnitCode"]: r for r in rows_of(folder / f"coin_stage_{stage}.csv")}
    return np.array([[float(rows[u][c]) if rows[u][c] not in ("", "NA") else np.nan for c in columns] for u in units])


@pytest.mark.parametrize("stage", list(STAGES))
def test_every_indicator_at_every_stage(stage: str, asem: tuple[IndexSpec, IndexData], asem_folder: Path) -> None:
    result = build(*asem)
    ours = result.stage(stage)
    assert ours.values.shape == (51, 49)
    theirs = expected(asem_folder, STAGES[stage], ours.units, ours.columns)
    assert np.array_equal(np.isnan(ours.values), np.isnan(theirs))
    size = np.maximum(np.abs(theirs), 1.0)
    assert np.nanmax(np.abs(ours.values - theirs) / size) < 1e-12


def test_aggregates_and_index(asem: tuple[IndexSpec, IndexData], asem_folder: Path) -> None:
    result = build(*asem)
    ours = result.stage("aggregated")
    assert ours.columns[-1] == "Index" and len(ours.columns) == 11
    theirs = expected(asem_folder, "Aggregated", ours.units, ours.columns)
    assert np.abs(ours.values - theirs).max() < 1e-12


def test_treatment_summary_counts_points(asem: tuple[IndexSpec, IndexData], asem_folder: Path) -> None:
    result = build(*asem)
    step = next(s for s in result.steps if s.name == "treat")
    ours = {c["indicator"]: (c["low_n"], c["high_n"]) for c in step.done["changed"]}
    theirs = {r["IndCode"]: (int(float(r["Low"])), int(float(r["High"]))) for r in rows_of(asem_folder / "coin_TreatSummary.csv")}
    assert ours == {k: v for k, v in theirs.items() if v != (0, 0)}


def test_published_ranks(asem: tuple[IndexSpec, IndexData], asem_folder: Path) -> None:
    result = build(*asem)
    ours = {r["unit_id"]: r["rank"] for r in result.table().to_pylist()}
    assert ours == {r["UnitCode"]: int(r["Index"]) for r in rows_of(asem_folder / "coin_ResultsRank.csv")}


def test_read_directly_from_the_csv_pair(asem: tuple[IndexSpec, IndexData], asem_folder: Path, tmp_path: Path) -> None:
    """iData keeps more digits than the published stages, so the index agrees to their rounding, not to 1e-12."""
    spec_file = tmp_path / "asem.toml"
    spec_file.write_text(
        f"""
[index]
id = "asem-pair"
[data]
layout = "coinr"
values = '{asem_folder / "ASEM_iData.csv"}'
meta = '{asem_folder / "ASEM_iMeta.csv"}'
[impute]
method = "group-mean"
group = "EurAsia_group"
[treat]
method = "winsorise"
max_points = 6
"""
    )
    spec = load_spec(spec_file)
    assert len(spec.indicators) == 49 and spec.levels == ("index", "sub-index", "pillar")
    result = build(spec)
    theirs = expected(asem_folder, "Aggregated", result.units, ("Index",))
    assert np.abs(result.score("Index")[:, None] - theirs).max() < 1e-6


def test_order_of_input_changes_nothing(asem_folder: Path, asem: tuple[IndexSpec, IndexData]) -> None:
    spec, data = asem
    turned = data.rows(np.arange(len(data.units))[::-1])
    assert build(spec, turned).digest == build(spec, data).digest
    result = build(spec, data)
    assert rebuild(result).digest == result.digest


def test_panel_file_needs_a_year(asem_folder: Path, tmp_path: Path) -> None:
    with (asem_folder / "ASEM_iData_p.csv").open() as file:
        years = {row["Time"] for row in csv.DictReader(file)}
    assert len(years) > 1
    spec_file = tmp_path / "asem.toml"
    pair = f"values = '{asem_folder / 'ASEM_iData_p.csv'}'\nmeta = '{asem_folder / 'ASEM_iMeta.csv'}'\n"
    spec_file.write_text(f"[index]\nid = 'asem'\n[data]\nlayout = 'coinr'\ntime = 'Time'\n{pair}")
    spec = load_spec(spec_file)
    with pytest.raises(Exception, match="years"):
        load_data(spec)
    assert len(load_data(spec, year=2018).units) == 51
