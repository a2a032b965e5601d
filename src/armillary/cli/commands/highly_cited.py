"""List highly cited candidates (people), with thresholds, flags, and what the flags change."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pyarrow as pa

from armillary.cli.common import observatory_option, table_option
from armillary.cli.tables import give
from armillary.errors import UsageError

if TYPE_CHECKING:
    from armillary.studies.highly_cited.candidates import Candidates

SHOW = ("candidates", "countries", "institutions", "fields", "flags", "effect")


@click.command("highly-cited", epilog="Example: armillary highly-cited --window 2014-2024 --show countries")
@click.option("--window", required=True, help="Publication years, such as 2014-2024 (the original uses eleven).")
@click.option(
    "--show",
    type=click.Choice(SHOW),
    default="candidates",
    show_default=True,
    help="What to print: the list, or counts and flags made from it.",
)
@click.option("--explain", "author", metavar="AUTHOR", help="The highly cited papers of one author (A123).")
@click.option("--fields", default="openalex", show_default=True, help="openalex, esi-like, or a TOML file of field groups.")
@click.option("--scope", default="default", show_default=True, help="Which works count; as for rankings.")
@click.option("--types", default="article,review", show_default=True, help="Document types, comma-separated.")
@click.option("--top", default="1/100", show_default=True, help="Part of each field and year that is highly cited.")
@click.option("--min-cell", default=100, show_default=True, help="Fewer papers in a field and year name no highly cited paper.")
@click.option(
    "--max-authors", default=30, show_default=True, help="Ignore highly cited papers with more authors; 0: no limit. (Default from memory.)"
)
@click.option("--rounding", type=click.Choice(("ceil", "round", "floor")), default="ceil", show_default=True, help="Of the square root.")
@click.option("--near-miss/--no-near-miss", default=True, show_default=True, help="The T-1 rule. (From memory.)")
@click.option("--cross-field/--no-cross-field", default=True, show_default=True, help="Whether papers of several fields add up.")
@click.option(
    "--citations",
    type=click.Choice(("corpus", "given")),
    default="corpus",
    show_default=True,
    help="Citations between works here, or OpenAlex's own counts.",
)
@click.option("--exclude", type=click.Path(path_type=Path), help="CSV with author_id or orcid, and reason: people a screening took out.")
@click.option("--retractions", type=click.Path(path_type=Path), help="CSV with work_id or doi of retracted works.")
@click.option(
    "--within-corpus", is_flag=True, help="Make the list from a sample, or from the works of one institution or country, all the same."
)
@click.option("--out", type=click.Path(path_type=Path), help="Write all rows to a .csv, .json or .parquet file.")
@click.option("--limit", default=20, show_default=True, help="Rows to print as a table; 0 for all.")
@observatory_option
@table_option
def command(
    window: str,
    show: str,
    author: str | None,
    exclude: Path | None,
    retractions: Path | None,
    out: Path | None,
    limit: int,
    observatory: Path,
    as_json: bool,
    top: str,
    max_authors: int,
    within_corpus: bool,
    **given: Any,
) -> None:
    """Candidates by exact rules: top papers of each field and year, the square root of the authors on them, both citation criteria.

    This is an algorithmic long-list before any review of persons. Designations are counted apart from persons.
    """
    import armillary as arm
    from armillary.core.recipe import Period
    from armillary.studies.highly_cited.candidates import highly_cited
    from armillary.studies.highly_cited.rules import Rules
    from armillary.studies.highly_cited.screening import read_exclusions, read_retractions

    period = Period.parse(window)
    if period.first is None or period.last is None:
        raise UsageError(f"'{window}' leaves a side open", fix="write both years, such as 2014-2024")
    try:
        part = Fraction(top)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"'{top}' is not a part", fix="write 1/100 or 0.01") from None
    rules = Rules(last=period.last, years=period.last - period.first + 1, top=part, max_authors=max_authors or None, **given)
    obs = arm.open(observatory)
    found = highly_cited(
        obs.corpus,
        rules,
        exclude=read_exclusions(obs.corpus, exclude) if exclude else None,
        retracted=read_retractions(obs.corpus, retractions) if retractions else (),
        within_corpus=within_corpus,
    )
    table = pa.Table.from_pylist(found.explain(author)) if author else _table(found, show)
    what = f"papers of {author}" if author else show
    give(table, found.meta() if as_json else _about(found, what), as_json=as_json, out=out, limit=limit)


def _table(found: Candidates, show: str) -> pa.Table:
    if show == "candidates":
        return found.table()
    if show in ("countries", "institutions"):
        return found.by({"countries": "country", "institutions": "institution"}[show])
    if show == "fields":
        return pa.Table.from_pylist([{k: getattr(f, k) for k in f.__slots__} for f in found.fields])
    return pa.Table.from_pylist(found.flag_rows() if show == "flags" else found.effect_rows())


def _about(found: Candidates, what: str) -> dict[str, Any]:
    meta, rules = found.meta(), found.rules
    too_small = f"{meta['cells_too_small']} of {meta['cells']} fields and years have fewer than {rules.min_cell} papers and name nobody"
    memory = ", ".join(f"{name}={getattr(rules, name)}" for name in meta["rules"]["from_memory"])
    return {
        "what": f"highly cited candidates, {rules.first}-{rules.last}: {what}",
        "counts": f"{meta['designations']} designations of {meta['persons']} persons; {meta['flagged_persons']} flagged as possible merges",
        "cells": too_small if meta["cells_too_small"] else None,
        "assumed": f"{memory} (remembered, not read in the original's documents)",
        "data": f"{meta['data']['name']}, snapshot {meta['data']['snapshot_date']}, digest {meta['data']['digest'][:12]}",
        "caution": meta["warning"],
        "notes": meta["notes"],
    }
