"""Write a digest of one period for readers who know nothing of the tool: HTML, Markdown and PDF."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json, quiet_option
from armillary.core import durable
from armillary.errors import UnknownNameError

FORMATS = ("html", "md", "pdf")


@click.command("brief", help=__doc__)
@click.option("--period", required=True, help="A year or a range, such as 2024 or 2020-2024.")
@click.option("--subject", help="One subject only.")
@click.option("--scope", help="Which works count.")
@click.option("--indicator", default="share", show_default=True, help="What the headline tables rank by.")
@click.option("--claims", default="articles", show_default=True, help="Claims file whose audit is summed up; 'none' for none.")
@click.option("--top", type=click.IntRange(3, 50), default=10, show_default=True, help="Rows of each table.")
@click.option("--formats", default="html,md,pdf", show_default=True, help="Which files to write.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("brief"), show_default=True, help="Folder to write into."
)
@click.option("--no-charts", is_flag=True, help="Tables only.")
@observatory_option
@json_option
@quiet_option
def command(
    period: str,
    subject: str | None,
    scope: str | None,
    indicator: str,
    claims: str,
    top: int,
    formats: str,
    out: Path,
    no_charts: bool,
    observatory: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write brief.html, brief.md and brief.pdf."""
    from armillary.audit.audit import audit
    from armillary.audit.language import builtin, read
    from armillary.observatory import open_observatory
    from armillary.reports.brief import brief_html, brief_markdown, write_pdf
    from armillary.studies.brief import build_brief

    wanted = [f.strip() for f in formats.split(",") if f.strip()]
    for name in wanted:
        if name not in FORMATS:
            raise UnknownNameError("format", name, FORMATS)
    corpus = open_observatory(observatory).corpus
    checked = None if claims == "none" else audit(read(builtin(claims) or Path(claims)), corpus)
    brief = build_brief(corpus, period, indicator=indicator, scope=scope, subject=subject, top=top, audit=checked)
    html = brief_html(brief, charts=not no_charts)
    out.mkdir(parents=True, exist_ok=True)
    written = {}
    if "html" in wanted:
        durable.write(out / "brief.html", html)
        written["html"] = str(out / "brief.html")
    if "md" in wanted:
        durable.write(out / "brief.md", brief_markdown(brief))
        written["md"] = str(out / "brief.md")
    if "pdf" in wanted:
        write_pdf(html, out / "brief.pdf")
        written["pdf"] = str(out / "brief.pdf")
    if as_json:
        print_json(
            {
                "title": brief.title,
                "period": brief.period,
                "written": written,
                "sections": {s.kind: len(s.rows) for s in brief.sections},
                "works": len(brief.works),
                "notes": list(brief.notes),
                "data": brief.data,
            }
        )
    elif not quiet:
        click.echo(f"{brief.title}: " + ", ".join(written.values()))
