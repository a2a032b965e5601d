"""Closed-form intervals from the sums of products that cubes keep: how far a value hangs on single papers, without the papers.

A resample counts each paper a Poisson(1) number of times, so a total has the variance ``sum of num^2`` and, to first order, a ratio R the
variance ``sum of (num - R den)^2 / (sum of den)^2`` (METHODS 11.1). The interval is that of a normal distribution.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from armillary.core.arrays import Floats
from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.credits import CREDIT
from armillary.counting.scopes import period_label
from armillary.counting.units import PREFIX
from armillary.errors import DataError
from armillary.ranking.cubes.adding import ByCode
from armillary.ranking.cubes.answer import summable
from armillary.ranking.passes import PART
from armillary.ranking.table import encoded, whole_numbers


def deviations(corpus: Corpus, recipe: Recipe) -> dict[tuple[str, str], float]:
    """The standard deviation of each value by unit and period, as a ranking names them; :class:`DataError` if no cube keeps them."""
    asked = summable(corpus, recipe)
    if asked is None or not asked.held.unit_products:
        raise DataError("no cube keeps what closed-form intervals of this recipe need", fix="armillary cube make, or resample the records")
    held = asked.held
    names = [n for n in (held.unit_count, held.unit_num, held.unit_den, *held.unit_products) if n]
    read = asked.table("years" if asked.is_whole else "cells", ["unit_id", *dict.fromkeys(names)])
    index, period = asked.periods(np.asarray(read["year"]).astype(np.int64))
    read = read.take(index)
    keys, unit = encoded(read["unit_id"])
    groups = ByCode(unit * 100_000 + period)

    def total(name: str | None) -> Floats:
        """In papers; products in parts squared."""
        sums = groups.add(whole_numbers(read[name or held.unit_count])).astype(np.float64)
        return sums / CREDIT if name and name not in held.unit_products else sums

    part = PART / CREDIT
    nn = total(held.unit_products[0]) * part**2
    if len(held.unit_products) == 1:
        sd = np.sqrt(nn)
    else:
        nd, dd = (total(n) * part**2 for n in held.unit_products[1:])
        num, den = total(held.unit_num), total(held.unit_den or None)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = num / den
            sd = np.sqrt(np.maximum(nn - 2 * ratio * nd + ratio**2 * dd, 0.0)) / den
    prefix = PREFIX.get(recipe.unit, "")
    codes = zip((groups.codes // 100_000).tolist(), (groups.codes % 100_000).tolist(), sd.tolist(), strict=True)
    return {(f"{prefix}{keys[u]}", period_label(recipe, p)): s for u, p, s in codes}


def reach(level: float) -> float:
    """Standard deviations on each side of the value that hold ``level`` of a normal distribution."""
    return NormalDist().inv_cdf(0.5 + level / 2)
