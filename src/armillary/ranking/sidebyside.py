"""Several counting methods in one table: the first one ranks, the others stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.counting.methods import counting_method
from armillary.errors import UsageError
from armillary.ranking.many import rank_many

if TYPE_CHECKING:
    from armillary.core.recipe import Recipe
    from armillary.ranking.result import Ranking


def side_by_side(corpus: Corpus, recipe: Recipe, methods: Sequence[str]) -> Ranking:
    """The ranking of ``recipe`` by ``methods[0]`` with ``value_<method>`` and ``rank_<method>`` for each further method."""
    if len(set(methods)) != len(methods) or not methods:
        raise UsageError(f"counting methods '{','.join(methods)}' repeat or are missing", fix="name each method once, separated by commas")
    for name in methods:
        counting_method(name)
    first, *others = rank_many(corpus, [recipe.but(counting=m) for m in methods])
    table, notes = first.arrow, list(first.meta["notes"])
    keys = list(zip(table["unit_id"].to_pylist(), table["period"].to_pylist(), strict=True))
    for name, other in zip(methods[1:], others, strict=True):
        rows = {(r["unit_id"], r["period"]): r for r in other.rows()}
        suffix = name.replace("-", "_").replace(".", "_")
        for column, kind in (("rank", pa.int64()), ("value", pa.float64())):
            table = table.append_column(f"{column}_{suffix}", pa.array([rows[k][column] if k in rows else None for k in keys], kind))
        notes += [n for n in other.meta["notes"] if n not in notes]
    counting = [first.meta["counting"], *(o.meta["counting"] for o in others)]
    return replace(first, arrow=table, meta={**first.meta, "counting": "; ".join(counting), "notes": notes})
