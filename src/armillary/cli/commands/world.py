"""The real world that ships: list its series and tables, or show one as a ranking, a path, or rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.common import print_json, table_option
from armillary.errors import UsageError


@click.command(
    epilog="Examples: armillary world; armillary world gerd-gdp --unit Korea; armillary world clusters-2023; "
    "armillary world articles-fractional --part physics --year 2022; armillary world gerd-gdp --sources"
)
@click.argument("name", required=False)
@click.option("--year", type=int, help="Which year (default: the newest that most units have).")
@click.option("--unit", metavar="NAME", help="One unit over the years: a country in any language, a group, a university.")
@click.option("--part", default="", help="A part of the series, such as a field.")
@click.option("--sources", is_flag=True, help="All sources and vintages of the concept side by side.")
@click.option("--by", help="Count a table of records by country, city, institution or organization.")
@click.option("--period", metavar="A-B", help="Only records of these years (with --by).")
@click.option("--limit", type=click.IntRange(0), default=20, show_default=True, help="Rows to print; 0 for all. Files have all.")
@click.option("--out", type=click.Path(path_type=Path), help="Write to a .csv, .json or .parquet file.")
@table_option
def command(
    name: str | None,
    year: int | None,
    unit: str | None,
    part: str,
    sources: bool,
    by: str | None,
    period: str | None,
    limit: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """List what ships, or show the series or table NAME. Nothing is read but the package."""
    from armillary.cli.series_output import said
    from armillary.cli.tables import give
    from armillary.registry import world
    from armillary.studies.world import ranked

    if name is None:
        _list(as_json)
        return
    found = world.catalogue().tables.get(name)
    if found is not None:
        table, meta = _counted(found, by, period) if by else (world.table(name), {"title": found.title})
        origin, note = found.origin, found.note
        meta |= {"coverage": found.coverage + (f" {found.first_n}" if found.first_n else "")}
        meta |= {"source": f"{origin.publisher}, vintage {origin.vintage}", "licence": origin.licence, "notes": [note] if note else []}
        give(table, meta | {"omits": origin.leaves_out}, as_json=as_json, out=out, limit=limit)
        return
    if by or period:
        raise UsageError(f"{name} is a series; --by and --period are for tables of records", fix="give --year, or one of: nobel, ai-models")
    s = world.series(name)
    if sources:
        give(*_sources(s.concept, year), as_json=as_json, out=out, limit=limit)
    elif unit is not None:
        give(*_path(s, unit, part), as_json=as_json, out=out)
    else:
        ranking = ranked.rank_series(s.id, year, part)
        give(ranking.arrow, said(ranking.meta), as_json=as_json, out=out, limit=limit, decimals=max(s.decimals, 1))


def _list(as_json: bool) -> None:
    from dataclasses import asdict

    from armillary.registry import world

    found = world.catalogue()
    if as_json:
        print_json({k: [asdict(x) for x in getattr(found, k).values()] for k in ("datasets", "series", "tables")})
        return
    for d in found.datasets.values():
        click.secho(f"{d.title}", bold=True)
        click.echo(f"  {d.publisher}; vintage {d.vintage}; {d.licence}")
        click.echo(f"  leaves out: {d.leaves_out}")
        for s in found.series.values():
            if s.dataset == d.id:
                years = f"{s.first_year}-{s.last_year}" if s.span else "all years"
                parts = f", {len(s.parts)} parts" if s.parts else ""
                click.echo(f"  {s.id:<38} {s.name}, {s.unit_of_measure}; {years}; {s.units} {'units' if s.units != 1 else 'unit'}{parts}")
        for t in found.tables.values():
            if t.dataset == d.id:
                click.echo(f"  {t.id:<38} {t.title}; {t.rows:,} rows")
        click.echo("")


def _counted(found: Any, by: str, period: str | None) -> tuple[Any, dict[str, Any]]:
    """Units of a table of records, whole and by exact parts."""
    import pyarrow as pa

    from armillary.studies.world.tally import tally

    years = None
    if period:
        a, _, b = period.partition("-")
        if not (a.isdigit() and (b or a).isdigit()):
            raise UsageError(f"'{period}' is no span of years", fix="write 2019-2024")
        years = (int(a), int(b or a))
    t = tally(found.id, by, years=years)
    whole, part = t.ranks("whole"), t.ranks("part")
    rows = pa.table(
        {
            "rank": pa.array(part, pa.int64()),
            "unit_id": pa.array([c.unit for c in t.units], pa.string()),
            "country": pa.array([c.country for c in t.units], pa.string()),
            "value": pa.array([float(c.part) for c in t.units], pa.float64()),
            "exact": pa.array([str(c.part) for c in t.units], pa.string()),
            "whole": pa.array([c.whole for c in t.units], pa.int64()),
            "rank_whole": pa.array(whole, pa.int64()),
        }
    )
    rest = f"{float(t.unassigned.part):.2f} in parts ({t.unassigned.whole} records) name no {by}"
    return rows, {"title": f"{found.title}, by {by}", "period": period or "all", "measure": found.unit_of_measure, "rest": rest}


def _path(s: Any, unit: str, part: str) -> tuple[Any, dict[str, Any]]:
    import pyarrow as pa

    from armillary.cli.series_output import said
    from armillary.registry import world
    from armillary.studies.world import ranked

    code = ranked.unit_code(unit, s.unit_kind)
    rows = ranked.path(s.id, code, part)
    if not rows:
        others = [o.id for o in world.concepts()[s.concept] if code in world.values(o.id)]
        fix = f"from another source: armillary world {others[0]} --unit {code}" if others else f"which units it has: armillary world {s.id}"
        raise UsageError(f"{s.id} has no value for {world.units()[code].name}", fix=fix)
    kinds = {"year": pa.int64(), "value": pa.float64(), "rank": pa.int64(), "of": pa.int64(), "flag": pa.string()}
    table = pa.table({c: pa.array([r[c] for r in rows], k) for c, k in kinds.items()})
    newest = ranked.rank_series(s.id, rows[-1]["year"], part)
    meta = said(newest.meta)
    del meta["period"]
    return table, {"unit": f"{world.units()[code].name} ({code})", **meta}


def _sources(concept: str, year: int | None) -> tuple[Any, dict[str, Any]]:
    import pyarrow as pa

    from armillary.registry import world
    from armillary.studies.world import ranked

    rows = ranked.side_by_side(concept, year)
    ids = [s.id for s in world.concepts()[concept]]
    table = pa.table(
        {
            "unit_id": pa.array([r["unit"] for r in rows], pa.string()),
            "name": pa.array([world.units()[r["unit"]].name for r in rows], pa.string()),
            **{i: pa.array([r["values"].get(i) for r in rows], pa.float64()) for i in ids if any(i in r["values"] for r in rows)},
            "difference": pa.array([r["difference"] for r in rows], pa.float64()),
        }
    )
    s = world.series(ids[0])
    return table, {
        "title": f"{s.name}: sources and vintages",
        "period": str(rows[0]["year"]) if rows else "none",
        "measure": s.unit_of_measure,
    }
