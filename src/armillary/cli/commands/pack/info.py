"""What a pack holds: of which data, which rankings its cubes answer, which yardsticks; and whether its files are whole."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, print_json
from armillary.errors import StoreError


@click.command("info", help=__doc__, epilog="Example: armillary pack info world.pack")
@click.argument("pack", type=click.Path(path_type=Path))
@json_option
def command(pack: Path, as_json: bool) -> None:
    """Check every file against its digest and print."""
    from armillary.core.store import Store
    from armillary.publishing.packs import checked
    from armillary.ranking.cubes.files import all_cubes

    store = Store.open(pack)
    if store.pack is None:
        raise StoreError("this is an observatory with its records, not a pack", where=pack, fix="make one with armillary pack make")
    if wrong := checked(store):
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise StoreError(f"the pack is damaged: {'; '.join(wrong[:3])}{more}", where=pack, fix="fetch or make it again")
    cubes = [
        {
            "unit": c.unit,
            "scope": str(c.held[0].recipe["scope_name"]),
            "indicators": sorted({str(h.recipe["indicator"]) for h in c.held}),
            "counting": sorted({str(h.recipe["counting"]) for h in c.held}),
            "bytes": sum(c.bytes.values()),
        }
        for c in all_cubes(store.path)
    ]
    baselines = sorted(str(p.relative_to(store.path)) for p in store.path.glob("baselines/*.parquet"))
    size = sum(n for n, _ in store.pack.files.values())
    first, last = store.pack.years
    if as_json:
        said = {"name": store.pack.name, "digest": store.digest, "works": store.rows("work"), "years": [first, last], "bytes": size}
        print_json({**said, "cubes": cubes, "baselines": baselines, "left_out": list(store.pack.left_out)})
        return
    works = f"sums of {store.rows('work'):,} works of {first}-{last}"
    click.echo(f"{store.pack.name}: {works}, {size / 1e6:.2f} MB, digest {store.digest[:12]}")
    for c in cubes:
        click.echo(f"  {c['unit']:<12} scope {c['scope']}: {', '.join(c['indicators'])}; {', '.join(c['counting'])}")  # type: ignore[arg-type]
    for b in baselines:
        click.echo(f"  yardstick    {b}")
    click.echo(f"  not in it    {', '.join(store.pack.left_out)}")
