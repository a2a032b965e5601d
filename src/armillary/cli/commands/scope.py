"""Show a scope: what each filter drops, and which sources are core publications and why."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json
from armillary.errors import UnknownNameError, UsageError


@click.command(epilog="Example: armillary scope core; armillary scope core --source 'Lung Cancer'")
@click.argument("name", required=False)
@click.option("--source", help="A source by name, ISSN or id: whether it is core, and why or why not.")
@observatory_option
@json_option
def command(name: str | None, source: str | None, observatory: Path, as_json: bool) -> None:
    """List the scopes, or show NAME filter by filter with the number of works that each one drops."""
    from armillary.counting.scopes import scopes

    if name is None:
        if as_json:
            print_json(scopes())
            return
        for key, s in scopes().items():
            click.echo(f"{key:<18} {s['meaning']} [{s['source']}]")
        return
    import armillary as arm

    obs = arm.open(observatory)
    if source:
        if name != "core":
            raise UsageError("only the scope core judges sources", fix="armillary scope core --source NAME")
        _print_source(obs.corpus, source, as_json)
        return
    from armillary.counting.scopes import funnel, resolve_scope

    steps = funnel(obs.corpus, resolve_scope(name))
    if as_json:
        print_json(steps)
        return
    for s in steps:
        click.echo(f"{s['filter']:<32} drops {s['dropped']:>12,}  leaves {s['left']:>12,}")


def _print_source(corpus, source: str, as_json: bool) -> None:  # type: ignore[no-untyped-def]
    from armillary.counting.core_sources import core_sources

    word = source.strip()
    table = corpus.lookup("source", ("source_id", "name", "issn_l", "issns")).to_pylist()
    found = [
        r
        for r in table
        if word.lstrip("Ss") == str(r["source_id"])
        or word.casefold() == (r["name"] or "").casefold()
        or word.upper() in {r["issn_l"], *(r["issns"] or "").split(";")}
    ]
    if not found:
        raise UnknownNameError("source", source, [r["name"] for r in table if r["name"]])
    judged = {r["source_id"]: r for r in core_sources(corpus).to_pylist()}
    rows = [{**r, **judged.get(r["source_id"], {"papers_n": 0})} for r in found]
    if as_json:
        print_json(rows)
        return
    for r in rows:
        click.echo(f"{r['name']} (S{r['source_id']}): {r['papers_n']:,} candidate papers")
        if not r["papers_n"]:
            click.echo("  not core: no paper passes the first steps (English article or review with authors, addresses and references)")
            continue
        click.echo(
            f"  international: {'yes' if r['is_international'] else 'no'} (distance {r['kl']:.3f}, must be below {r['kl_threshold']:.3f})"
        )
        click.echo(f"  active: {100 * r['active_share']:.0f} % of its papers cite the recent core (40 % needed)")
        click.echo(f"  core: {'yes' if r['is_core'] else 'no'}")
