"""Find innovation clusters from patents, publications and deals, and rank them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from armillary.cli.common import engine_from, json_flag, limit_options, observatory_option, print_json
from armillary.core import durable
from armillary.errors import UsageError

if TYPE_CHECKING:
    from armillary.studies.clusters.result import Clusters

FORMATS = ("table", "csv", "json", "md", "parquet", "geojson", "gpkg")


@click.command("clusters", help=__doc__, epilog="Example: armillary clusters --edition edition-2018 --year 2024 --plot clusters.html")
@click.option("--edition", help="Preset: edition-2017, edition-2018 (to 2024), edition-2025. Constants from memory, unverified.")
@click.option("--sources", help="Points to use, comma-separated: pct, patent (also outside the PCT), pub, deal.")
@click.option("--radius", "eps_km", type=float, help="Radius in km.")
@click.option("--density", "min_listings", type=float, help="Listings within the radius that make a core point.")
@click.option("--equalise/--as-they-are", "equalise", default=None, help="Give every source the same weight, or every listing.")
@click.option("--merge-km", type=float, help="Greatest border distance of neighbours that merge; negative: none merge.")
@click.option("--year", type=int, help="Last year of the windows (the edition says how many years each source has).")
@click.option("--period", help="One period for all sources: 2024, 2018-2022 or all.")
@click.option("--population", type=click.Path(path_type=Path), help="Populated places or grid cells (lat, lon, population) for intensity.")
@click.option("--compare", metavar="PERIOD", help="Match with the clusters of an earlier period and show who rose.")
@click.option("--sensitivity", "stress", is_flag=True, help="Ranks under other radii, densities, weights and sources.")
@click.option("--explain", metavar="CLUSTER", help="What one cluster (id, name, or a city of its name) is made of.")
@click.option("--by-country", type=click.IntRange(1), help="Count clusters a country among this many first ones.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="Output format.")
@click.option("--out", type=click.Path(path_type=Path), help="Write to this file (needed for parquet and gpkg).")
@click.option("--limit", type=click.IntRange(0), default=20, show_default=True, help="Rows to print as a table; 0 for all.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw a map: .png, .svg, or .html with a choice of views.")
@limit_options
@observatory_option
@json_flag
def command(
    observatory: Path,
    edition: str | None,
    year: int | None,
    period: str | None,
    population: Path | None,
    compare: str | None,
    stress: bool,
    explain: str | None,
    by_country: int | None,
    form: str,
    out: Path | None,
    limit: int,
    plot: Path | None,
    as_json: bool,
    **choices: Any,
) -> None:
    """Find, rank, draw, compare."""
    import armillary as arm
    from armillary.cli.tables import form_of
    from armillary.studies.clusters.match import match_clusters
    from armillary.studies.clusters.sensitivity import sensitivity
    from armillary.studies.clusters.survey import survey

    obs = arm.open(observatory, **engine_from(choices))
    chosen = {k: v for k, v in choices.items() if v is not None}
    if "sources" in chosen:
        chosen["sources"] = tuple(s.strip() for s in chosen["sources"].split(",") if s.strip())
    found, sources = survey(obs.corpus, edition=edition, year=year, period=period, population=population, data=obs.data_version, **chosen)
    form = form_of("json" if as_json else form, out, FORMATS)
    if form in ("parquet", "gpkg") and out is None:
        raise UsageError(f"{form} goes to a file", fix=f"add --out clusters.{form}")
    if plot:
        from armillary.charts.base import save
        from armillary.charts.clusters import cluster_map

        save(cluster_map(found, controls=plot.suffix == ".html"), plot)
    if explain:
        return _show(found.explain(explain), ("source", "city", "country_code", "listings", "activity"), as_json, limit)
    if by_country:
        return _show(found.by_country(by_country), ("country_code", "clusters", "reaching_in"), as_json, limit)
    if stress:
        table = sensitivity(sources, found).to_pylist()
        return _show(table, ("rank", "name", "variant", "variant_rank", "moved", "clusters"), as_json, 0)
    if compare:
        before, _ = survey(obs.corpus, edition=edition, period=compare, population=population, data=obs.data_version, **chosen)
        table = match_clusters(before, found).to_pylist()
        return _show(table, ("rank", "name", "old_rank", "old_name", "change", "what"), as_json, limit)
    _write(found, form, out, limit)
    return None


def _write(found: Clusters, form: str, out: Path | None, limit: int) -> None:
    if form in ("parquet", "gpkg"):
        assert out is not None
        (found.to_parquet if form == "parquet" else found.to_geopackage)(out)
        return
    texts = {"csv": found.to_csv, "json": found.to_json, "geojson": found.to_geojson}
    text = texts[form]() if form in texts else found.to_markdown(limit or None) if form == "md" else _as_table(found, limit)
    if out is None:
        click.echo(text, nl=False)
    else:
        durable.write(out, text)


def _as_table(found: Clusters, limit: int) -> str:
    shares = [f"{s}_share" for s in found.method.sources]
    rows = found.arrow.slice(0, limit or None).to_pylist()
    shown = [
        {
            "rank": r["rank"],
            "cluster": r["name"],
            "countries": r["countries"],
            "score %": f"{100 * r['value']:.3f}",
            **{s.replace("_share", " %"): f"{100 * r[s]:.3f}" for s in shares},
        }
        for r in rows
    ]
    more = [f"{len(found) - len(rows):,} more; --limit 0 shows all"] if len(rows) < len(found) else []
    return _lines(shown, tuple(shown[0]) if shown else ()) + "\n".join(["", *more, *found.told()]) + "\n"


def _show(rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool, limit: int) -> None:
    if as_json:
        print_json(rows)
    else:
        click.echo(_lines(rows[: limit or None], columns), nl=False)


def _lines(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> str:
    texts = [columns, *(tuple("" if r[c] is None else str(r[c]) for c in columns) for r in rows)]
    wide = [max(len(t[n]) for t in texts) for n in range(len(columns))]
    right = [all(t[n].replace(".", "").lstrip("-").isdigit() or not t[n] for t in texts[1:]) for n in range(len(columns))]
    return "".join(
        "  ".join(v.rjust(w) if r else v.ljust(w) for v, w, r in zip(t, wide, right, strict=True)).rstrip() + "\n" for t in texts
    )
