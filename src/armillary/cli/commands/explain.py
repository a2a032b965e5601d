"""Show the records behind one unit's number, or why a record does not count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from armillary.cli.common import engine_from, json_option, limit_options, observatory_option, print_json
from armillary.cli.recipe_options import recipe_from, recipe_options
from armillary.errors import UsageError


@click.command(epilog="Example: armillary explain share CN --unit country --period 2020; armillary explain share --why-not W2741809807")
@click.argument("indicator", required=False)
@click.argument("unit_named", metavar="[UNIT]", required=False)
@recipe_options
@click.option("--why-not", metavar="WORK", help="Say why this work does not count, or what it gives to whom.")
@click.option("--references", type=click.Path(path_type=Path), help="Write all records behind the value: .ris, .bib or .json (CSL).")
@click.option("--limit", type=click.IntRange(0), default=20, show_default=True, help="Records to show; 0 for all.")
@limit_options
@observatory_option
@json_option
def command(
    indicator: str | None,
    unit_named: str | None,
    observatory: Path,
    why_not: str | None,
    references: Path | None,
    limit: int,
    as_json: bool,
    **given: Any,
) -> None:
    """Show the records and weights that add up exactly to the value of UNIT (an id or a name) under INDICATOR."""
    import armillary as arm

    if given.get("recipe_file") and indicator and not unit_named:
        indicator, unit_named = None, indicator
    where = engine_from(given)
    recipe = recipe_from(indicator, given)
    obs = arm.open(observatory, **where)
    if why_not and references:
        raise UsageError("--why-not is about one work, --references about all that count", fix="leave out one of them")
    if why_not:
        _print_why_not(obs.why_not(recipe, why_not), as_json)
        return
    if not unit_named:
        raise UsageError("which unit?", fix="name one after the indicator (an id or a name), or ask --why-not WORK")
    if references:
        from armillary.publishing.references import references as records_of
        from armillary.publishing.references import write_references

        works = obs.explain(recipe, unit_named).table["work_id"].to_pylist()
        found = records_of(obs.corpus, [int(w[1:]) for w in works])
        write_references(found, references)
        if not as_json:
            click.echo(f"written: {references} ({len(found):,} references)\n")
    _print_explanation(obs.explain(recipe, unit_named, limit=limit or None), as_json)


def _print_why_not(answer: Any, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "work_id": answer.work_id,
                "counts": answer.counts,
                "reason": answer.reason,
                "sentence": answer.sentence,
                "contributions": answer.contributions,
            }
        )
        return
    if not answer.counts:
        click.echo(f"{answer.work_id} does not count: {answer.sentence} [{answer.reason}]")
        return
    click.echo(f"{answer.work_id} counts: {answer.sentence}")
    for c in answer.contributions:
        click.echo(f"  {c['unit_id']:<14} {c['credit']:.6f}  {c['name']}")


def _print_explanation(e: Any, as_json: bool) -> None:
    from armillary.core.titles import clean_title
    from armillary.counting.credits import CREDIT

    rows = e.table.to_pylist()
    if as_json:
        click.echo(
            json.dumps(
                {
                    "unit_id": e.unit_id,
                    "name": e.name,
                    "value": e.value,
                    "records": e.records,
                    "num": e.num,
                    "den": e.den,
                    "credit_units_per_paper": CREDIT,
                    "notes": list(e.notes),
                    "rows": rows,
                    "recipe": e.recipe.as_dict(),
                },
                ensure_ascii=False,
                indent=1,
                default=str,
            )
        )
        return
    click.echo(f"{e.name} ({e.unit_id}): {e.value:,.6f} from {e.records:,} records (recipe {e.recipe.digest})")
    has_den = e.den is not None
    click.echo(f"{'contribution':>14}  {'of':>9}  year  work" if has_den else f"{'contribution':>14}  year  work")
    for r in rows:
        den = f"  {r['den'] / CREDIT:9.6f}" if has_den else ""
        click.echo(f"{r['num'] / CREDIT:14.6f}{den}  {r['year'] or '':>4}  {r['work_id']}  {clean_title(r['title'])[:90]}")
    if e.records > len(rows):
        click.echo(f"... and {e.records - len(rows):,} more (--limit 0 for all)")
    exact = f"sum of {e.records:,} contributions: {e.num:,} / {CREDIT:,}" + (
        f", divided by {e.den:,} / {CREDIT:,}" if has_den else " credit units"
    )
    click.echo(exact)
    for note in e.notes:
        click.echo(f"note  {note}")
