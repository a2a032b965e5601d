"""How much blocs work with themselves, set against chance. REGIONS are region ids (brics-5, eu, sco) or lists such as BR,RU,IN."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.commands.cooperation._common import WHOLE, load, table_options
from armillary.errors import UsageError


@click.command(epilog="Example: armillary cooperation blocs brics-5 eu sco --period 2023")
@click.argument("regions", nargs=-1, required=True)
@click.option("--over-time", is_flag=True, help="One bloc, a row for each year.")
@click.option("--between", is_flag=True, help="Links between the blocs as well as inside them.")
@click.option("--regions-file", type=click.Path(exists=True, path_type=Path), help="A TOML file or folder with regions of your own.")
@table_options
def command(
    regions: tuple[str, ...],
    over_time: bool,
    between: bool,
    regions_file: Path | None,
    as_json: bool,
    out: Path | None,
    limit: int,
    **given: Any,
) -> None:
    """How much blocs work with themselves, set against chance. REGIONS are region ids (brics-5, eu, sco) or lists such as BR,RU,IN."""
    import pyarrow as pa

    from armillary.cli.tables import give
    from armillary.core.places.regions import load_regions
    from armillary.errors import UnknownNameError
    from armillary.studies.cooperation import blocs as cb

    known = load_regions([regions_file] if regions_file else None)
    members: dict[str, list[str]] = {}
    for word in regions:
        if word not in known and "," not in word:
            raise UnknownNameError("region", word, known)
        members[word] = sorted(known[word].countries) if word in known else [c.strip().upper() for c in word.split(",") if c.strip()]
        if not members[word]:
            raise UsageError(f"region '{word}' names no countries", fix="blocs are made of countries")
    asked = given["period"]
    pairs, period, meta = load(**given)
    meta["blocs"] = [f"{n}: {', '.join(m)}" for n, m in members.items()]
    meta["caution"] = [f"{n}: {known[n].note}" for n in members if n in known and known[n].note]
    if over_time:
        if len(members) != 1:
            raise UsageError("--over-time takes one bloc")
        meta["period"] = str(asked or "all")
        table, title = cb.cohesion_over_time(pairs, members[regions[0]], asked or "all"), f"Cooperation inside {regions[0]} by year"
    elif between:
        table, title = cb.between_blocs(pairs, members, period), "Links inside and between blocs, against chance"
    else:
        rows = [{"bloc": n, **cb.cohesion(pairs, m, period)} for n, m in members.items()]
        table, title = pa.Table.from_pylist(rows), "Cooperation inside blocs (affinity 1 = as often as size alone would have it)"
    give(table, {"title": title, **meta}, as_json=as_json, out=out, limit=0, whole=WHOLE)
