"""Write cubes, baselines, names, places and provenance of an observatory to one folder or zip of Parquet files."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json


@click.command("make", help=__doc__, epilog="Example: armillary pack make world.pack --into world --baseline world-2026.parquet")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--baseline", "baselines", multiple=True, type=click.Path(path_type=Path), help="A baseline file to put in; repeat for more.")
@click.option("--unit", "units", multiple=True, help="Only cubes of these units; repeat for more.  [default: all]")
@click.option("--table", "tables", multiple=True, help="A core table to add, such as series; repeat for more.")
@observatory_option
@json_option
def command(
    out: Path, baselines: tuple[Path, ...], units: tuple[str, ...], tables: tuple[str, ...], observatory: Path, as_json: bool
) -> None:
    """Write it and say what is in it. OUT ending in .zip is one file that can be read over HTTPS by ranges."""
    from armillary.core.store import Store
    from armillary.publishing.packs import make_pack

    store = Store.open(observatory)
    make_pack(store, out, baselines=baselines, units=units, tables=tables)
    size = out.stat().st_size if out.is_file() else sum(p.stat().st_size for p in out.rglob("*") if p.is_file())
    works = store.rows("work")
    if as_json:
        print_json({"pack": str(out), "bytes": size, "works": works, "digest": store.digest})
        return
    per = f", {size / works:.1f} bytes a work" if works else ""
    click.echo(f"{out}: {size / 1e6:.2f} MB for {works:,} works{per}")
    click.echo(f"  look in:  armillary pack info {out}")
    click.echo(f"  use it:   armillary rank share --into {out}")
