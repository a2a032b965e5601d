"""One page on a work, a topic or a technology: who, where, with whom, funding, citations, goals, policy, patents."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option
from armillary.core import durable

FORMATS = (".md", ".html", ".json")


@click.command("dossier", help=__doc__, epilog="Example: armillary dossier 10.1038/nature12373 --out dossier.html")
@click.argument("target", metavar="DOI|WORK|TOPIC|query:...")
@click.option("--period", default="all", show_default=True, help="For topics and queries.")
@click.option("--top", default=10, show_default=True, help="Rows of the tables.")
@click.option("--out", type=click.Path(path_type=Path), help="Write to a .html, .md or .json file.")
@observatory_option
@json_option
def command(target: str, period: str, top: int, out: Path | None, observatory: Path, as_json: bool) -> None:
    """Print the dossier as Markdown, or write it."""
    import armillary as arm
    from armillary.errors import UsageError
    from armillary.reports.dossier import dossier_html
    from armillary.studies.dossier import dossier

    if out is not None and out.suffix not in FORMATS:
        raise UsageError(f"cannot write a dossier as '{out.suffix or out.name}'", fix=f"end the name in {', '.join(FORMATS)}")
    page = dossier(arm.open(observatory).corpus, target, period=period, top=top)
    if out is not None:
        text = dossier_html(page) if out.suffix == ".html" else page.to_markdown() if out.suffix == ".md" else page.to_json()
        out.parent.mkdir(parents=True, exist_ok=True)
        durable.write(out, text)
    if as_json:
        click.echo(page.to_json(), nl=False)
    elif out is None:
        click.echo(page.to_markdown(), nl=False)
