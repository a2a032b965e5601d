"""What each indicator needs of a record, and of how many records of an observatory it is known."""

from __future__ import annotations

import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.counting.settled import settled
from armillary.errors import ArmillaryError
from armillary.indicators import Indicator, all_indicators
from armillary.ranking.recipes import make_recipe
from armillary.ranking.tallies import RecordTallies

_ANY = "CN"
"""A partner, for indicators that need one to be asked at all; what is known does not depend on it."""
SCHEMA = pa.schema(
    [
        ("indicator", pa.string()),
        ("needs", pa.string()),
        ("known", pa.int64()),
        ("records", pa.int64()),
        ("part", pa.float64()),
        ("missing", pa.string()),
    ]
)


def what_is_known(corpus: Corpus, *, scope: str | None = None, period: str | None = None) -> pa.Table:
    """``indicator, needs, known, records, part, missing``: a row an indicator, under its own defaults (impact compared within the corpus).

    ``needs`` are the codes of what a record must say (``-`` where nothing); ``missing`` is why the observatory cannot answer at all.
    Indicators by position are asked for corresponding authors as well, whose flag is often not there.
    """
    rows = []
    for info in all_indicators().values():
        rows.append(_row(corpus, info, None, scope, period))
        if info.family == "leadership":
            rows.append(_row(corpus, info, "corresponding", scope, period))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _row(corpus: Corpus, info: Indicator, counting: str | None, scope: str | None, period: str | None) -> dict[str, object]:
    options: dict[str, str] = {"baseline": "own"} if "baseline" in info.options else {}
    recipe = make_recipe(info.id, unit=info.units[0], counting=counting, scope=scope, period=period, options=options)
    recipe = settled(corpus, recipe)
    needs = ", ".join(n.reason for n in info.needs if n.is_known) or "-"
    row = {"indicator": info.id + (f" ({counting})" if counting else ""), "needs": needs}
    tallies = RecordTallies(corpus, recipe, info)
    records = tallies.records()
    try:
        known = tallies.known()
        info.contributions(corpus, recipe.but(options={"with": _ANY}) if "with" in info.options else recipe)
    except ArmillaryError as error:
        return {**row, "records": records, "missing": error.what}
    return {**row, "known": known, "records": records, "part": known / records if records else None}
