"""What moved between two builds, and why: method, sample, data or reality, as far as the two builds tell.

A unit's value is a quotient (or a sum) of contributions by work. Going from build A to build B, contributions are exchanged group by
group, in a fixed order, and the value is taken after each step; so the parts add up to the whole change exactly.

========  ==================================================================================================================
method    the same records of A under the recipe of B
sample    works that A did not have although they had been published before its snapshot, and works that B no longer has
data      works in both builds whose record changed (year, type, topic, source, authors, affiliations)
reality   works published after A's snapshot, and works whose record is the same but whose score changed (new citations)
========  ==================================================================================================================

Ids that upstream merged are matched first: a work by its DOI, an institution by its ROR id.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.credits import CREDIT
from armillary.counting.units import PREFIX
from armillary.errors import UsageError
from armillary.indicators import indicator_info
from armillary.ranking.diff_records import Records
from armillary.ranking.rank import rank
from armillary.ranking.robustness import reranked
from armillary.ranking.table import least_papers

PARTS = ("method", "sample", "data", "reality")


@dataclass(frozen=True, slots=True)
class Move:
    """One unit: rank and value in both builds, and what each part of the change is worth."""

    unit_id: str
    name: str
    rank_a: int | None
    rank_b: int | None
    value_a: float | None
    value_b: float | None
    parts: Mapping[str, float]

    @property
    def change(self) -> float:
        """``value_b - value_a``, a unit that is missing counting as 0; equals the sum of the parts."""
        return (self.value_b or 0.0) - (self.value_a or 0.0)


@dataclass(frozen=True)
class Diff:
    """All units that moved, the records behind it, and the ids that upstream merged or deleted."""

    recipe_a: Recipe
    recipe_b: Recipe
    moves: list[Move]
    records: pa.Table
    """unit_id, work_id, state (came, went, changed), part, num_a, num_b in papers: one row a changed contribution, largest first."""
    works: dict[str, int]
    """How many works: in both, merged, gone, only in B."""
    merged_works: dict[int, int]
    merged_institutions: dict[int, int]
    deleted_works: list[int] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)

    def totals(self) -> dict[str, float]:
        """Sum of the absolute parts over all units: which kind of change moved most."""
        return {part: sum(abs(m.parts[part]) for m in self.moves) for part in PARTS}

    def as_dict(self) -> dict[str, Any]:
        """Everything for JSON, records left out."""
        return {
            "about": self.about,
            "recipe_a": self.recipe_a.as_dict(),
            "recipe_b": self.recipe_b.as_dict(),
            "works": self.works,
            "totals": self.totals(),
            "merged_works": {f"W{a}": f"W{b}" for a, b in self.merged_works.items()},
            "merged_institutions": {f"I{a}": f"I{b}" for a, b in self.merged_institutions.items()},
            "deleted_works": [f"W{w}" for w in self.deleted_works],
            "moves": [
                {
                    "unit_id": m.unit_id,
                    "name": m.name,
                    "rank_a": m.rank_a,
                    "rank_b": m.rank_b,
                    "value_a": m.value_a,
                    "value_b": m.value_b,
                    "change": m.change,
                    **m.parts,
                }
                for m in self.moves
            ],
        }


def diff(a: Corpus, b: Corpus, recipe_a: Recipe, recipe_b: Recipe | None = None) -> Diff:
    """Compare a ranking in build ``a`` with the same (or another) recipe's ranking in build ``b``.

    Raises UsageError for a recipe in steps, and where the two recipes rank different kinds of units.
    """
    recipe_b = recipe_b or recipe_a
    if recipe_a.step or recipe_b.step:
        raise UsageError("a ranking in steps cannot be compared", fix="give one period and leave out 'step'")
    if recipe_a.unit != recipe_b.unit:
        raise UsageError(f"one ranking is of {recipe_a.unit}, the other of {recipe_b.unit}", fix="give two recipes with the same unit")
    joined_units = _merged_institutions(a, b)
    prefix = PREFIX.get(recipe_a.unit, "")
    rename = {f"{prefix}{k}": f"{prefix}{v}" for k, v in joined_units.items()} if recipe_a.unit == "institution" else {}
    ranking_a, ranking_b = _whole(a, recipe_a), _whole(b, recipe_b)
    same = recipe_a.digest == recipe_b.digest
    ranking_m = ranking_a if same else _whole(a, recipe_b)
    with tempfile.TemporaryDirectory() as scratch:
        records = Records(a, b, Path(scratch))
        rows, sums = records.exchange(recipe_b, joined_units)
        merged, gone, counts = records.merged(), records.gone(), records.counts()
    is_mean = indicator_info(recipe_b.indicator).kind == "mean"
    first, middle, last = (_by_unit(r, rename if r is not ranking_b else {}) for r in (ranking_a, ranking_m, ranking_b))
    places_a, places_b = _places(ranking_a, recipe_a, rename), _places(ranking_b, recipe_b, {})
    moves = []
    for unit in sorted({*first, *last, *(f"{prefix}{u}" for u in sums)}):
        one, mid, two = first.get(unit), middle.get(unit), last.get(unit)
        parts = dict.fromkeys(PARTS, 0.0)
        start = 0.0 if one is None else one["value"] or 0.0
        parts["method"] = (0.0 if mid is None else mid["value"] or 0.0) - start
        parts |= _steps(sums.get(unit.removeprefix(prefix) if prefix else unit, {}), is_mean)
        name = (two or one or {"name": unit})["name"]
        ranks = [places.get(unit) for places in (places_a, places_b)]
        if ranks == [None, None] and (one or two):
            continue  # below the minimum in both
        values = [None if r is None else r["value"] for r in (one, two)]
        move = Move(unit, name, ranks[0], ranks[1], values[0], values[1], parts)
        if move.change or any(parts.values()) or move.rank_a != move.rank_b:
            moves.append(move)
    moves.sort(key=lambda m: (-abs(m.change), m.unit_id))
    works = {"in both": counts["in both"], "merged": len(merged), "gone": len(gone), "only in B": counts["only in B"]}
    about = {"a": a.data_version, "b": b.data_version, "title": ranking_b.meta["title"], "measure": ranking_b.meta["measure"]}
    return Diff(recipe_a, recipe_b, moves, rows, works, merged, joined_units, gone, about)


def carried(rows: list[dict[str, Any]], result: Diff) -> list[dict[str, Any]]:
    """Rows of a past result with the ids of today: institutions that were merged upstream get the id that they have now.

    Two rows that become one are added up; the caller ranks them anew. ``was`` keeps the old id.
    """
    rename = {f"I{k}": f"I{v}" for k, v in result.merged_institutions.items()}
    out: dict[str, dict[str, Any]] = {}
    for row in rows:
        now = rename.get(row["unit_id"], row["unit_id"])
        if now in out:
            out[now]["value"] = (out[now]["value"] or 0) + (row["value"] or 0)
            out[now].setdefault("was", []).append(row["unit_id"])
        else:
            out[now] = {**row, "unit_id": now, **({"was": [row["unit_id"]]} if now != row["unit_id"] else {})}
    return list(out.values())


def _merged_institutions(a: Corpus, b: Corpus) -> dict[int, int]:
    """Old id -> new id of institutions that B holds under another id, by ROR id."""
    old, new = (home.store.read("institution", columns=["institution_id", "ror_id"]) for home in (a, b))
    there = set(new["institution_id"].to_pylist())
    by_ror: dict[str, int] = {}
    for number, ror in zip(new["institution_id"].to_pylist(), new["ror_id"].to_pylist(), strict=True):
        if ror:
            by_ror.setdefault(ror, number)
    pairs = zip(old["institution_id"].to_pylist(), old["ror_id"].to_pylist(), strict=True)
    return dict(sorted((i, by_ror[r]) for i, r in pairs if i not in there and r in by_ror))


def _steps(sums: Mapping[str, tuple[int, int, int, int]], is_mean: bool) -> dict[str, float]:
    """The value after exchanging sample, data and reality in this order; differences between the steps."""
    num = sum(s[0] for s in sums.values())
    den = sum(s[1] for s in sums.values())
    out = {}
    value = _value(num, den, is_mean)
    for part in PARTS[1:]:
        num_a, den_a, num_b, den_b = sums.get(part, (0, 0, 0, 0))
        num, den = num + num_b - num_a, den + den_b - den_a
        after = _value(num, den, is_mean)
        out[part] = after - value
        value = after
    return out


def _value(num: int, den: int, is_mean: bool) -> float:
    if not is_mean:
        return num / CREDIT
    return num / den if den else 0.0


def _whole(corpus: Corpus, recipe: Recipe) -> Any:
    """The ranking with all units: parts add up over what a unit has, whether or not that is enough to be ranked."""
    return rank(corpus, recipe.but(minimum=0))


def _places(ranking: Any, recipe: Recipe, rename: Mapping[str, str]) -> dict[str, int | None]:
    """Ranks among the units that reach the minimum of the recipe."""
    least = least_papers(recipe, ranking.ranked["count"].to_numpy())
    return {unit: row["rank"] for unit, row in _by_unit(reranked(ranking, least, {}), rename).items()}


def _by_unit(ranking: Any, rename: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {rename.get(r["unit_id"], r["unit_id"]): r for r in ranking.ranked.to_pylist()}
