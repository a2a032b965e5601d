"""Put institutions into cities and metropolitan areas; without files, show how they were put."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json, quiet_option


@click.command("places", help=__doc__, epilog="Example: armillary places --populated cities1000.txt.gz --polygons urban_areas.geojson")
@click.option("--polygons", type=click.Path(path_type=Path), help="Urban areas (GHSL, Natural Earth, census): GeoJSON.")
@click.option("--populated", type=click.Path(path_type=Path), help="Populated places: a GeoNames dump, CSV or JSON, plain or .gz.")
@click.option("--overrides", type=click.Path(path_type=Path), help="Your own reviewed overrides in TOML; they win over the built-in ones.")
@click.option("--max-km", type=click.FloatRange(0, 500), default=50.0, show_default=True, help="Farthest populated place taken.")
@click.option("--by-name", is_flag=True, help="Use the cities that the records name, and no file.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw cities by Share on a map: .png, .svg, or .html with a choice of views.")
@observatory_option
@json_option
@quiet_option
def command(
    polygons: Path | None,
    populated: Path | None,
    overrides: Path | None,
    max_km: float,
    by_name: bool,
    plot: Path | None,
    observatory: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Assign places, or report on the assignment that is there."""
    from armillary.core.places.assign import assign_places, report, weight_by_assignment
    from armillary.core.store import Store

    store = Store.open(observatory)
    if polygons or populated or overrides or by_name:
        done = assign_places(store, polygons, populated, overrides, max_km=max_km)
    else:
        done = report(store.read("place"), store.read("institution_place"))
    weight = weight_by_assignment(store)
    if plot:
        import armillary as arm
        from armillary.charts.base import save
        from armillary.charts.map import city_map

        save(city_map(arm.open(observatory).rank("share", unit="city"), controls=plot.suffix == ".html"), plot)
    if as_json:
        print_json({**asdict(done), "weight": weight})
    elif not quiet:
        click.echo(f"{done.institutions:,} institutions in {done.places:,} places")
        total = sum(weight.values()) or 1.0
        for way in sorted({*done.by, *weight}):
            n = f"{done.by[way]:,} institutions" if way in done.by else "authors without a matched institution"
            click.echo(f"  {way:<9} {100 * weight.get(way, 0.0) / total:6.2f} % of the authors' weight; {n}")
        if done.nearest_km:
            click.echo(f"  nearest: {done.nearest_km[1]:.1f} km at the median, {done.nearest_km[0]:.1f} km at most")
