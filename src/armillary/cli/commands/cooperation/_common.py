"""What the cooperation commands share: which pair table, its period, and the lines that say so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from armillary.cli.common import observatory_option, table_option
from armillary.errors import UsageError

if TYPE_CHECKING:
    from armillary.studies.cooperation.pairs import PairTable

F = TypeVar("F", bound=Callable[..., Any])
WHOLE = ("works", "value", "partner_own_works", "own_works", "works_first", "works_last", "links", "internal", "external")
"""Columns that are whole numbers where partners are ordered by joint works."""
COUNTS = tuple(name for name in WHOLE if name != "value")
"""The same where ``value`` is a measure."""


def table_options(function: F) -> F:
    """Which pair table: the ingested one, or the observatory's own records."""
    options = [
        click.option("--period", help="A year, a range such as 2018-2021, or 'all'.  [default: the last year]"),
        click.option("--records", is_flag=True, help="Use this observatory's own records instead of the ingested pair table."),
        click.option(
            "--unit-kind",
            type=click.Choice(["country", "region", "city", "institution", "author"]),
            default="country",
            show_default=True,
            help="With --records: what cooperates.",
        ),
        click.option("--scope", default="default", show_default=True, help="With --records: which works count."),
        click.option("--subject", help="With --records: an OpenAlex domain, field, subfield or topic."),
        click.option("--source", help="Publisher of the pair table, where there are several."),
        click.option("--vintage", help="Edition of the pair table, where there are several."),
        click.option("--without", help="Leave these units out, comma-separated (such as HK,MO)."),
        click.option("--out", type=click.Path(path_type=Path), help="Write all rows to a .csv, .json or .parquet file."),
        click.option("--limit", type=click.IntRange(0), default=20, show_default=True, help="Rows to print; 0 for all."),
    ]
    for option in reversed(options):
        function = option(function)
    return observatory_option(table_option(function))


def load(
    *,
    observatory: Path,
    period: str | None,
    records: bool,
    unit_kind: str,
    scope: str,
    subject: str | None,
    source: str | None,
    vintage: str | None,
    without: str | None,
) -> tuple[PairTable, str | int, dict[str, Any]]:
    """The pair table that :func:`table_options` describe, its period, and the lines that say what it is."""
    from armillary.core.store import Store

    store = Store.open(observatory)
    if records:
        from armillary.core.corpus import Corpus
        from armillary.ranking.recipes import make_recipe
        from armillary.studies.cooperation.records import pairs_from_corpus

        pairs = pairs_from_corpus(Corpus(store), make_recipe("count", unit=unit_kind, scope=scope, subject=subject))
        what = f"{unit_kind}, scope {scope}{'; subject ' + subject if subject else ''}"
    else:
        from armillary.studies.cooperation.pairs import pairs_from_store

        if subject or unit_kind != "country":
            raise UsageError("--subject and --unit-kind need the observatory's own records", fix="add --records")
        pairs = pairs_from_store(store, source=source, vintage=vintage)
        what = "ingested pair table of countries"
    if without:
        leave = {w.strip() for w in without.split(",") if w.strip()}
        for w in leave:
            pairs.row(w)
        pairs = pairs.only([u for u in pairs.units if u not in leave])
        what += f"; without {', '.join(sorted(leave))}"
    chosen = period or pairs.years[-1]
    pairs.span(chosen)
    meta = {
        "data": f"{pairs.source}, {pairs.vintage} ({what})",
        "period": str(chosen),
        "papers": pairs.own_meaning,
        "notes": list(pairs.notes),
    }
    return pairs, chosen, meta
