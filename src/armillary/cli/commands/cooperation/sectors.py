"""University, company, hospital and government together on papers; or an audit of the institutions' types."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import observatory_option, table_option


@click.command(epilog="Example: armillary cooperation sectors --period 2020-2024")
@click.option("--period", help="Years.  [default: all]")
@click.option("--scope", default="default", show_default=True, help="Which works count.")
@click.option("--subject", help="An OpenAlex domain, field, subfield or topic.")
@click.option("--audit", type=click.IntRange(1), help="Instead: the N institutions with most papers whose type is in doubt.")
@observatory_option
@table_option
def command(period: str | None, scope: str, subject: str | None, audit: int | None, observatory: Path, as_json: bool) -> None:
    """University, company, hospital and government together on papers; or an audit of the institutions' types."""
    import pyarrow.compute as pc

    import armillary as arm
    from armillary.cli.tables import give
    from armillary.counting.notes import corpus_notes
    from armillary.studies.institution_types import sector_pairs, type_audit

    obs = arm.open(observatory)
    recipe = obs.recipe("pp-university-company", unit="institution", scope=scope, subject=subject, period=period)
    meta = {
        "data": f"{obs.data_version['name']}, snapshot {obs.data_version['snapshot_date']}",
        "papers": f"scope {scope}; period {recipe.period}",
        "notes": corpus_notes(obs.corpus),
    }
    if audit:
        table = type_audit(obs.corpus, recipe, top=audit)
        doubts = table.filter(pc.not_equal(table["doubt"], ""))
        title = f"Institution types in doubt: {doubts.num_rows} of the {table.num_rows} institutions with most papers"
        give(table if as_json else doubts, {"title": title, **meta}, as_json=as_json)
    else:
        give(sector_pairs(obs.corpus, recipe), {"title": "Sectors together on papers (full counting)", **meta}, as_json=as_json)
