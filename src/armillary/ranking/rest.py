"""What a ranking leaves unassigned: the whole less what the units have. Written once, for records and cubes."""

from __future__ import annotations

from armillary.core.recipe import Recipe
from armillary.counting.methods import counting_method
from armillary.indicators import Indicator
from armillary.ranking.table import Rest, Sums


def has_rest(recipe: Recipe, info: Indicator) -> bool:
    """Whether it is known what a recipe leaves unassigned: credit x score, and units that do not overlap."""
    method = counting_method(recipe.counting)
    is_whole = method.sums_to_one or method.name == "full"
    return info.work_scores is not None and recipe.unit not in ("region", "list") and recipe.unmatched == "keep" and is_whole


def rest_of(recipe: Recipe, info: Indicator, sums: Sums, whole: list[Rest], unplaced: list[Rest]) -> list[Rest]:
    """The unassigned rest a period: the whole less what the units have, or, in full counting, the papers without any unit.

    ``whole`` sums over all papers of the scope, ``unplaced`` over those without a unit; each one entry a period.
    """
    if not has_rest(recipe, info):
        return []
    if not counting_method(recipe.counting).sums_to_one:
        return [r for r in unplaced if r.count]
    out = []
    for entry in whole:
        num, den, count = sums.of_period(entry.period)
        left = Rest(entry.period, entry.num - num, None if entry.den is None else entry.den - den, 0)
        slack = 100 * (entry.count + count)  # rounding leaves less than a credit unit a row
        if (left.num if left.den is None else left.den) > slack:
            out.append(left)
    return out
