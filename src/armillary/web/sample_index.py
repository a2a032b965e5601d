"""An example index made from the observatory's own rankings, so that the explorer has something to explore in every observatory."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from armillary.errors import ArmillaryError
from armillary.indicators import indicator_info

if TYPE_CHECKING:
    from armillary.observatory import Observatory

PILLARS = {
    "Volume": (("share", "Share, papers"), ("p-top10", "Highly cited papers")),
    "Impact": (("mncs", "Mean normalised citations"), ("pp-top10", "Part highly cited")),
    "Exchange": (("pp-international", "International papers"), ("pp-industry", "Papers with companies"), ("pp-oa", "Open access")),
}


def write_sample_index(observatory: Observatory, *, period: str = "all", least_papers: int = 50) -> Path | None:
    """Write ``indices/research-profile.toml`` and its table into the observatory: countries with at least ``least_papers`` papers.

    Returns the specification, or None where fewer than five countries have all its indicators.
    """
    values: dict[str, dict[str, float]] = {}
    names: dict[str, str] = {}
    for group in PILLARS.values():
        for indicator, _label in group:
            try:
                # these works with each other: what the index compares are they, and its source says so
                impact = {"baseline": "own"} if "baseline" in indicator_info(indicator).options else {}
                ranking = observatory.rank(indicator, unit="country", period=period, options=impact)
            except ArmillaryError:
                return None
            for row in ranking.ranked.to_pylist():
                if row["value"] is not None and row["count"] >= least_papers:
                    values.setdefault(row["unit_id"], {})[indicator] = row["value"]
                    names[row["unit_id"]] = row["name"]
    wanted = [i for group in PILLARS.values() for i, _label in group]
    units = sorted(u for u, v in values.items() if len(v) == len(wanted))
    if len(units) < 5:
        return None
    # an indicator that is the same everywhere cannot be scaled
    wanted = [i for i in wanted if len({values[u][i] for u in units}) > 1]
    folder = observatory.path / "indices"
    folder.mkdir(exist_ok=True)
    with (folder / "research-profile.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["unit", "name", *wanted])
        writer.writerows([u, names[u], *(repr(values[u][i]) for i in wanted)] for u in units)
    lines = [
        "# An example: countries by volume, impact and exchange of their research, from this observatory's own rankings.",
        "[index]",
        'id = "research-profile"',
        'name = "Research profile of countries (example)"',
        'source = "made from the rankings of this observatory (impact: its works compared with each other); '
        'the pillars and weights are an example, not a recommendation"',
        'levels = ["index", "pillar"]',
        "",
        "[data]",
        'values = "research-profile.csv"',
        'unit = "unit"',
        'name = "name"',
        "",
        "[[group]]",
        'id = "Research profile"',
        "",
    ]
    for pillar, group in PILLARS.items():
        if not any(i in wanted for i, _label in group):
            continue
        lines += ["[[group]]", f'id = "{pillar}"', 'parent = "Research profile"', ""]
        for indicator, label in ((i, x) for i, x in group if i in wanted):
            lines += ["[[indicator]]", f'id = "{indicator}"', f'name = "{label}"', f'parent = "{pillar}"', ""]
    lines += [
        "[[uncertain]]",
        'factor = "weights"',
        'level = "index"',
        "spread = 0.5",
        'label = "weights of the pillars"',
        "",
        "[[uncertain]]",
        'factor = "normalise"',
        'options = ["min-max", "percentile"]',
        'label = "scaling"',
        "",
        "[[uncertain]]",
        'factor = "aggregate"',
        'level = "index"',
        'options = ["arithmetic", "geometric"]',
        'label = "mean"',
        "",
    ]
    path = folder / "research-profile.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path
