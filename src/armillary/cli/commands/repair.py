"""Mend an observatory whose files are damaged: from the source, else from an older generation."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json


@click.command()
@click.option("--from", "source", metavar="PATH", help="The OpenAlex snapshot (folder or address) that the observatory was made from.")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that read the snapshot.")
@observatory_option
@json_option
def command(source: str | None, workers: int, observatory: Path, as_json: bool) -> None:
    """Compare every byte with its digest and mend what is damaged.

    With --from the damaged files are built again and put back. Without it, or where that gives other files (after updates, or for other
    sources than OpenAlex), the newest older generation that is sound counts again; what was ingested after it is then ingested again.
    """
    from armillary.core.repair import repair
    from armillary.core.store import Store

    def rebuild(scratch: Store) -> None:
        from armillary.sources.openalex.ingest import ingest

        assert source is not None
        has_abstracts = any((observatory / "core" / "work_abstract").glob("*.parquet"))
        ingest(source, scratch, abstracts=has_abstracts, workers=workers, partial=True)

    done = repair(observatory, rebuild if source else None)
    if as_json:
        files = [{"table": d.table, "file": d.file, "what": d.what, "mended": d in done.mended} for d in done.damaged]
        print_json({"generation": done.generation, "back_to": done.back_to, "note": done.note, "files": files})
        return
    if done.note:
        click.echo(done.note)
    for damage in done.damaged:
        click.echo(f"core/{damage.table}/{damage.file}: {damage.what}; {'put back' if damage in done.mended else 'not mended'}")
    if done.back_to is not None:
        click.echo(f"generation {done.back_to} counts again, as generation {done.generation}; ingest again what came after it")
    elif not done.damaged and not done.note:
        click.echo("nothing is damaged")
