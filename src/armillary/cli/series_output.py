"""Series rankings on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from armillary.errors import UsageError

if TYPE_CHECKING:
    from armillary.observatory import Ranking

_FOR_SERIES = {"indicator", "period", "step", "compare", "against", "observatory", "form", "out", "limit", "plot", "as_json"}


def rank_a_series(ctx: click.Context, name: str) -> Ranking:
    """``armillary rank series:NAME``: a series in the same clothes; options about works are refused, because they would have no effect."""
    from armillary.observatory import bound, open_observatory
    from armillary.studies.series import rank_series

    given = ctx.params
    strange = [p for p in given if p not in _FOR_SERIES and ctx.get_parameter_source(p) not in (ParameterSource.DEFAULT, None)]
    if strange:
        options = ", ".join("--" + p.replace("_", "-") for p in strange)
        raise UsageError(f"{options} is about works and has no effect on a series", fix="leave it out")
    compare = given["compare"]
    if compare is not None and not str(compare).isdigit():
        raise UsageError(f"a series is compared with one year, not with '{compare}'", fix="write --compare 2018")
    choices: dict[str, Any] = {
        "period": given["period"],
        "step": given["step"] or 0,
        "compare": None if compare is None else int(compare),
        "against": [a.removeprefix("series:") for a in given["against"]],
    }
    folder: Path = given["observatory"]
    if (folder / "CURRENT").is_file():
        return open_observatory(folder).series(name, **choices)
    return bound(None, rank_series(None, name, **choices))


def said(meta: dict[str, Any]) -> dict[str, Any]:
    """The lines about a series as people read them: without what is empty, short keys."""
    names = {"unit_of_measure": "measure", "leaves_out": "omits", "rank_means": "rank", "other_sources": "also from"}
    kept = {k: ", ".join(v) if isinstance(v, list) else v for k, v in meta.items() if v and k != "sha256"}
    return {names.get(k, k): v for k, v in kept.items()}
