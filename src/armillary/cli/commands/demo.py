"""The whole way on the real world that ships: records, series, rankings with intervals, headlines checked, pages."""

from __future__ import annotations

import importlib
import json
import time
import webbrowser
from pathlib import Path

import click

from armillary.errors import ArmillaryError, MissingExtraError

Step = tuple[str, list[str]]

_REAL: list[Step] = [
    (
        "A random sample of works that ships, into core tables",
        ["ingest", "openalex", "{sample}", "--into", "{obs}", "--workers", "1", "--quiet"],
    ),
    ("Its institutions to their towns", ["ingest", "ror", "{towns}", "--into", "{obs}", "--quiet"]),
    ("Data tests", ["check", "--into", "{obs}"]),
    ("Countries by papers: published counts of the whole world", ["rank", "series:articles-fractional", "--limit", "5"]),
    (
        "Cities by Share in the sample: estimates, so with their intervals",
        ["rank", "share", "--unit", "city", "--into", "{obs}", "--limit", "5", "--intervals"],
    ),
    (
        "",
        [
            "rank",
            "share",
            "--unit",
            "country",
            "--into",
            "{obs}",
            "--intervals",
            "--format",
            "csv",
            "--out",
            "{out}/countries-of-the-sample.csv",
        ],
    ),
    ("", ["rank", "series:gerd-gdp", "--format", "csv", "--out", "{out}/research-intensity.csv"]),
    ("What five news articles claim, against published tables", ["audit", "articles", "--out", "{out}/audit", "--quiet"]),
    ("The pages", ["publish", "{out}/site", "--into", "{obs}", "--pages", "{pages}", "--quiet"]),
]
_SYNTHETIC: list[Step] = [
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
@click.argument("folder", type=click.Path(path_type=Path), default=Path("observatory-demo"))
@click.option("--synthetic", is_flag=True, help="An invented world with known answers instead of the real one.")
@click.option(
    "--works",
    type=click.IntRange(1_000, 10_000_000),
    default=20_000,
    show_default=True,
    help="With --synthetic: works in the invented world.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="With --synthetic: equal seeds give equal worlds.")
@click.option("--pages", type=click.IntRange(20, 200_000), default=300, show_default=True, help="Files of the published pages, at most.")
@click.option("--open/--no-open", "open_pages", default=True, help="Open the pages in a browser at the end.")
def command(folder: Path, synthetic: bool, works: int, seed: int, pages: int, open_pages: bool) -> None:
    """Build an observatory of the real world in FOLDER from what ships with the package, offline. Every command it runs is shown."""
    from armillary.cli.main import run
    from armillary.registry import world

    try:  # said before the first step, not at the last
        importlib.import_module("armillary.web.publish")
    except ImportError:
        raise MissingExtraError("web", "armillary demo") from None
    names = {
        "world": folder / "world",
        "obs": folder / "observatory",
        "out": folder,
        "works": works,
        "seed": seed,
        "pages": pages,
        "sample": world.folder() / "sample",
        "towns": world.folder() / world.catalogue().tables["sample-institutions"].file,
    }
    started = time.perf_counter()
    for title, words in _SYNTHETIC if synthetic else _REAL:
        arguments = [w.format(**names) for w in words]
        if title:
            click.secho(f"\n# {title}", bold=True)
        click.echo(f"$ armillary {' '.join(arguments)}")
        folder.mkdir(parents=True, exist_ok=True)
        begun = time.perf_counter()
        code = run(arguments)
        if code:
            raise ArmillaryError(
                f"the step ended with exit code {code}", where="armillary demo", fix=f"remove {folder} and try again, or report it"
            )
        click.echo(f"  ({time.perf_counter() - begun:.1f} s)")
    front = (folder / "site" / "index.html").resolve()
    _print_audit(folder / "audit" / "audit.json")
    kind = "Everything named in it is invented, except the audit." if synthetic else "Everything in it is real; what is a sample says so."
    click.secho(f"\nDone in {time.perf_counter() - started:.0f} s. {kind}", bold=True)
    click.echo(f"  pages        {front.as_uri()}")
    click.echo(f"  live pages   armillary serve --into {folder}/observatory")
    click.echo(f"  audit        {(folder / 'audit' / 'audit.html')}")
    if not synthetic:
        click.secho("\nThree things to try", bold=True)
        click.echo('  armillary world gerd-gdp --unit "South Korea"          one country over the years, its rank in each')
        click.echo("  armillary world nobel --by city --period 1990-2024     prizes counted whole and by parts")
        click.echo(f"  armillary rank pp-international --unit country --min-papers 50 --intervals --into {folder}/observatory")
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
