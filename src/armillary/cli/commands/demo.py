"""The whole way on a built-in synthetic world: records, rankings, the audit of five articles, pages."""

from __future__ import annotations

import json
import time
import webbrowser
from pathlib import Path

import click

from armillary.errors import ArmillaryError

_STEPS: list[tuple[str, list[str]]] = [
    (
        "A world with known answers, in the layout of the real snapshot",
        ["synthetic", "{world}", "--works", "{works}", "--seed", "{seed}", "--quiet"],
    ),
    ("Its records into core tables", ["ingest", "openalex", "{world}", "--into", "{obs}", "--abstracts", "--quiet"]),
    ("Patents and deals with places", ["ingest", "patents", "{world}/patents/plain.csv", "--into", "{obs}", "--quiet"]),
    ("", ["ingest", "deals", "{world}/patents/deals.csv", "--into", "{obs}", "--quiet"]),
    ("Policy documents and what they cite", ["ingest", "policy", "{world}/policy/citations.csv", "--into", "{obs}", "--quiet"]),
    (
        "Institutions to cities and metropolitan areas",
        ["places", "--polygons", "{world}/geo/urban_areas.geojson", "--populated", "{world}/geo/cities.json", "--into", "{obs}", "--quiet"],
    ),
    ("Country series", ["ingest", "series", "{world}/series/tidy.csv", "--into", "{obs}", "--quiet"]),
    ("Data tests", ["check", "--into", "{obs}"]),
    ("Countries, institutions and cities by Share", ["rank", "share", "--unit", "country", "--into", "{obs}", "--limit", "5"]),
    ("", ["rank", "share", "--unit", "country", "--into", "{obs}", "--format", "csv", "--out", "{out}/countries.csv"]),
    ("", ["rank", "share", "--unit", "institution", "--into", "{obs}", "--format", "csv", "--out", "{out}/institutions.csv"]),
    ("", ["rank", "share", "--unit", "city", "--into", "{obs}", "--format", "csv", "--out", "{out}/cities.csv"]),
    ("What five news articles claim, against published tables", ["audit", "articles", "--out", "{out}/audit", "--quiet"]),
    ("The pages", ["publish", "{out}/site", "--into", "{obs}", "--example-index", "--pages", "400", "--quiet"]),
]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("demo"))
@click.option("--works", type=click.IntRange(1_000, 10_000_000), default=20_000, show_default=True, help="Works in the synthetic world.")
@click.option("--seed", type=int, default=1, show_default=True, help="Equal seeds give equal worlds.")
@click.option("--open/--no-open", "open_pages", default=True, help="Open the pages in a browser at the end.")
def command(folder: Path, works: int, seed: int, open_pages: bool) -> None:
    """Make a synthetic world in FOLDER, ingest it, rank, audit, and publish the pages. Every command it runs is shown."""
    from armillary.cli.main import run

    names = {"world": folder / "world", "obs": folder / "observatory", "out": folder, "works": works, "seed": seed}
    started = time.perf_counter()
    for title, words in _STEPS:
        arguments = [w.format(**names) for w in words]
        if title:
            click.secho(f"\n# {title}", bold=True)
        click.echo(f"$ armillary {' '.join(arguments)}")
        code = run(arguments)
        if code:
            raise ArmillaryError(
                f"the step ended with exit code {code}", where="armillary demo", fix=f"remove {folder} and try again, or report it"
            )
    front = (folder / "site" / "index.html").resolve()
    _print_audit(folder / "audit" / "audit.json")
    click.secho(f"\nDone in {time.perf_counter() - started:.0f} s. Everything named in it is invented, except the audit.", bold=True)
    click.echo(f"  tables       {folder}/countries.csv, institutions.csv, cities.csv")
    click.echo(f"  audit        {(folder / 'audit' / 'audit.html')}")
    click.echo(f"  pages        {front}")
    click.echo(f"  live pages   armillary serve --into {folder}/observatory")
    if open_pages:
        webbrowser.open(front.as_uri())


def _print_audit(path: Path) -> None:
    """The verdicts in one line each kind, and the claims that are wrong or outdated."""
    audit = json.loads(path.read_text(encoding="utf-8"))
    counts = audit["counts"]
    click.secho(f"\nOf {sum(counts.values())} claims in five news articles:", bold=True)
    for verdict, n in sorted(counts.items(), key=lambda kv: -kv[1]):
        click.echo(f"  {n:>4} {verdict}")
    for v in audit["verdicts"]:
        if v["verdict"] in ("contradicted", "other-period"):
            click.echo(f"  {v['label']}: {v['says']}")
