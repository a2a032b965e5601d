"""Fields whose bylines are in alphabetical order, where positions say nothing about who led."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import observatory_option, table_option


@click.command()
@observatory_option
@table_option
def command(observatory: Path, as_json: bool) -> None:
    """Fields whose bylines are in alphabetical order, where positions say nothing about who led."""
    import pyarrow as pa

    import armillary as arm
    from armillary.cli.tables import give
    from armillary.counting.bylines import ALPHABETICAL_SHARE, MIN_PAPERS, alphabetical_fields
    from armillary.counting.notes import corpus_notes

    obs = arm.open(observatory)
    table = obs.corpus.fetch(alphabetical_fields(obs.corpus))
    names = {r["field_id"]: r["field_name"] for r in obs.corpus.lookup("topic", ("field_id", "field_name")).to_pylist()}
    table = table.append_column("field", pa.array([names.get(v) or "" for v in table["field_id"].to_pylist()], pa.string()))
    share = f"{100 * ALPHABETICAL_SHARE:.0f} %"
    title = f"Bylines of three and more authors in alphabetical order; flagged above {share} of at least {MIN_PAPERS} papers"
    about = {"title": title, "notes": corpus_notes(obs.corpus)}
    give(table.sort_by([("share", "descending"), ("field_id", "ascending")]), about, as_json=as_json)
