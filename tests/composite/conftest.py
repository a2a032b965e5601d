"""Specifications of published indices, made from their data files when the tests run: the engine knows none of them by name."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from armillary.composite import IndexData, IndexSpec, load_data, spec_from


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def asem_folder(real_data: Path) -> Path:
    return real_data / "reference" / "asem"


@pytest.fixture(scope="session")
def asem(asem_folder: Path) -> tuple[IndexSpec, IndexData]:
    """The ASEM index from the files in which the reference implementation published its tree, raw stage and denominators."""
    meta = rows_of(asem_folder / "coin_IndMeta.csv")
    weights = {r["Code"]: float(r["Weight"]) for r in rows_of(asem_folder / "coin_Weights.csv")}
    parents = {m["Agg1"]: m["Agg2"] for m in meta} | {m["Agg2"]: m["Agg3"] for m in meta}
    groups = [{"id": "Index"}] + [{"id": g, "parent": p, "weight": weights[g]} for g, p in parents.items()]
    indicators = [
        {"id": m["IndCode"], "parent": m["Agg1"], "direction": int(float(m["Direction"])), "weight": weights[m["IndCode"]]}
        | ({"denominator": m["Denominator"]} if m["Denominator"] else {})
        for m in meta
    ]
    spec = spec_from(
        {
            "index": {"id": "asem", "levels": ["index", "sub-index", "pillar"]},
            "data": {"unit": "UnitCode", "name": "UnitName", "groups": ["Group_EurAsia", "Group_GDP"]},
            "impute": {"method": "group-mean", "group": "Group_EurAsia"},
            "treat": {"method": "winsorise", "skew_max": 2.0, "kurt_max": 3.5, "max_points": 6},
            "group": groups,
            "indicator": indicators,
        }
    )
    table: dict[str, list[Any]] = {}
    below = {r["UnitCode"]: r for r in rows_of(asem_folder / "coin_Denominators.csv")}
    raw = rows_of(asem_folder / "coin_stage_Raw.csv")
    for column in raw[0]:
        table[column] = [r[column] for r in raw]
    for column in ("Den_Area", "Den_Energy", "Den_GDP", "Den_Pop"):
        table[column] = [below[r["UnitCode"]][column] for r in raw]
    return spec, load_data(spec, table)


@pytest.fixture(scope="session")
def gii2019(real_data: Path) -> tuple[dict[str, dict[str, dict[str, str]]], dict[str, dict[str, float]]]:
    """Published table (code -> economy -> row) and the weights that were inferred from it (group -> part -> weight)."""
    folder = real_data / "reference" / "gii2019"
    table: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows_of(folder / "gii2019_long.csv"):
        table.setdefault(row["code"], {})[row["economy"]] = row
    return table, json.loads((folder / "inferred_weights.json").read_text(encoding="utf-8"))
