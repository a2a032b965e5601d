"""Sentences about a synthetic world whose verdicts are planted, as a claims file for ``armillary audit`` and as data for truth.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from armillary.synthetic import series
from armillary.synthetic.world import OVERTAKING_YEAR, World

RANKED_FROM = 20_000
CROSSING_FROM = 200_000
"""Sizes from which the planned order of countries shows in a single year, and the year of the overtaking within two years."""


@dataclass(frozen=True)
class PlantedClaim:
    """A claim in the keys of the claims language, and the verdict that it must get."""

    id: str
    says: str
    keys: dict[str, Any]
    verdict: str
    """supported, contradicted, other-period or not-decidable."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"id": self.id, "says": self.says, **self.keys, "verdict": self.verdict}


def planted(world: World) -> list[PlantedClaim]:
    """The claims of a world. They need the snapshot and ``series/tidy.csv`` ingested."""
    a, b, f = (world.geo.codes[k] for k in (0, 1, 7))
    money = {"evidence": f"series:GERD_NC@{series.SOURCE}", "unit": a}
    share = {"evidence": {"indicator": "share", "unit": "country"}}
    year, last = series.TWO_TRILLION_YEAR, series.LAST
    found = [
        PlantedClaim(
            "two-trillion",
            f"{a} first spent more than two trillion on R&D in {year}",
            {"predicate": "first-above", **money, "number": 2_000_000, "period": year},
            "supported",
        ),
        PlantedClaim(
            "two-trillion-early",
            f"{a} first spent more than two trillion on R&D in {year - 2}",
            {"predicate": "first-above", **money, "number": 2_000_000, "period": year - 2},
            "other-period",
        ),
        PlantedClaim(
            "two-trillion-in-2010",
            f"{a} spent at least two trillion on R&D in every year from 2010 on",
            {"predicate": "every", **money, "from": 2010, "number": 2_000_000, "word": "at least"},
            "contradicted",
        ),
        PlantedClaim(
            "nine-per-cent",
            f"The R&D spending of {a} grew by about 9 % in {last}",
            {"predicate": "growth", **money, "from": last - 1, "to": last, "as": "percent", "number": 9, "word": "about"},
            "supported",
        ),
        PlantedClaim(
            "future",
            f"{a} spends four trillion on R&D in 2040",
            {"predicate": "value", **money, "period": 2040, "number": 4_000_000, "word": "at least"},
            "not-decidable",
        ),
        PlantedClaim(
            "happiness",
            f"{f} leads the index of happiness research",
            {"predicate": "rank", "evidence": "none", "missing": "no such index exists", "unit": f, "period": 2024, "rank": 1},
            "not-decidable",
        ),
    ]
    if world.works >= RANKED_FROM:
        found += [
            PlantedClaim(
                "first-in-share",
                f"{a} has the largest Share in 2024",
                {"predicate": "rank", **share, "unit": a, "period": 2024, "rank": 1},
                "supported",
            ),
            PlantedClaim(
                "second-in-share",
                f"{f} has the second largest Share in 2024",
                {"predicate": "rank", **share, "unit": f, "period": 2024, "rank": 2},
                "contradicted",
            ),
            PlantedClaim(
                "ahead-in-2006",
                f"{b} is ahead of {a} in Share in 2006",
                {"predicate": "compare", **share, "unit": b, "other": a, "period": 2006},
                "supported",
            ),
        ]
    if world.works >= CROSSING_FROM:
        found.append(
            PlantedClaim(
                "overtaking",
                f"{a} passed {b} in Share between {OVERTAKING_YEAR - 2} and {OVERTAKING_YEAR + 2}",
                {"predicate": "crossing", **share, "unit": a, "other": b, "between": [OVERTAKING_YEAR - 2, OVERTAKING_YEAR + 2]},
                "supported",
            )
        )
    return found


def toml(world: World) -> str:
    """The claims file; the planted verdict stands in a comment above each claim."""
    text = 'format = 1\ntitle = "Claims about a synthetic world"\nnote = "Invented, like the world."\n'
    for claim in planted(world):
        text += f"\n# planted: {claim.verdict}\n[[claim]]\nid = {_value(claim.id)}\nsays = {_value(claim.says)}\n"
        text += "".join(f"{key} = {_value(value)}\n" for key, value in claim.keys.items())
    return text


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
