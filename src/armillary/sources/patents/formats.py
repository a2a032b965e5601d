"""The shapes of inventor tables, each brought to one: ``raw`` with a row an inventor listing, all text.

``raw``: file, line, patent_id, year, pct, assumed, inventor, seq, lat, lon, country, city, quality.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from armillary.errors import InputError, UsageError
from armillary.sources.delimited import SUFFIXES, Header, Opened, load, read_header, streamed, text_sql
from armillary.sources.files import find_files, other_files, with_members
from armillary.sources.patents import patentsview, regpat
from armillary.sources.patents.tables import (
    APPLICATIONS,
    CITY,
    COUNTRY,
    GRANTS,
    ID,
    INVENTOR,
    LAT,
    LON,
    PLAIN,
    REGION,
    REGPAT,
    YEAR,
    one_edition,
    role_of,
)

COLUMNS = ("file", "line", "patent_id", "year", "pct", "assumed", "inventor", "seq", "lat", "lon", "country", "city", "quality")
_LOOKED_AT = (*SUFFIXES, ".zip")
_WANTED = "give a table of inventors, or the folder of a publisher's tables"


@dataclass(slots=True)
class Raw:
    """What was opened: the kinds of tables, the files that were read, those left out with a reason, and what is to be said."""

    kinds: list[str] = field(default_factory=list)
    files: list[Opened] = field(default_factory=list)
    inventors: list[Opened] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_raw(con: duckdb.DuckDBPyConnection, path: Path, temporary: Path, *, format: str, regions: Path | None, pct: bool | None) -> Raw:
    """Fill table ``raw`` from ``path``. ``pct`` says for tables without such a column whether they hold PCT applications.

    :class:`InputError` if there is no table of inventors, or if a folder holds two that cannot be told apart; :class:`UsageError` for an
    option without effect.
    """
    raw = Raw()
    tables = _by_role(path, temporary, raw)
    kinds = _kinds(tables, format, path, raw)
    points = regpat.region_points(con, regions, temporary, raw.notes) if regions is not None else None
    parts: list[str] = []
    takes_regions = False
    for kind in kinds:
        if kind in (GRANTS, APPLICATIONS):
            found, query, notes = patentsview.tables(
                con, {part: tables.get((kind, part), []) + tables.get(("patentsview", part), []) for part in patentsview.PARTS}, kind, path
            )
            raw.files += found
            raw.inventors.append(found[0])
            raw.notes += notes
            parts.append(query)
            continue
        if kind == REGPAT:
            one_edition(tables[kind, "inventors"])
            one_edition(tables.get((REGPAT, "classes"), []))
        years = regpat.years(con, tables.get((REGPAT, "classes"), []), raw.files) if kind == REGPAT else None
        for n, header in enumerate(tables[kind, "inventors"]):
            table = load(con, f"{kind}{n}", header)
            _without_applicants(con, table)
            raw.files.append(table)
            raw.inventors.append(table)
            takes_regions |= table.column(*REGION) is not None
            if kind == REGPAT and years is None and table.column(*YEAR) is None:
                raw.notes.append(f"{table.path.name} has no year, and no table of classes with years lies beside it: years are unknown")
            parts.append(_one_table(table, points is not None, years, pct, is_regpat=kind == REGPAT))
    raw.kinds = kinds
    con.execute("CREATE TABLE raw AS " + " UNION ALL ".join(parts))
    if regions is not None and not takes_regions:
        raise UsageError("--regions has no effect: no table of inventors here has codes of regions", fix="leave it out")
    if points is not None:
        regpat.check_points(con, raw.inventors, points, raw.notes)
        raw.files.append(points)
    return raw


def _by_role(path: Path, temporary: Path, raw: Raw) -> dict[tuple[str | None, str], list[Header]]:
    """Headers of all files by kind and part; files that are not understood go to ``raw.left_out``, unless there is only one."""
    files, raw.left_out = with_members(find_files(path, _LOOKED_AT, wanted=_WANTED, deep=False), SUFFIXES, temporary.parent)
    raw.left_out |= other_files(path, _LOOKED_AT, deep=False)
    tables: dict[tuple[str | None, str], list[Header]] = defaultdict(list)
    for file in files:
        try:
            header = read_header(file, temporary)
        except InputError as error:
            if len(files) == 1:
                raise
            raw.left_out[file.name] = error.what
            continue
        role = role_of(header)
        if role.kind is None:
            if len(files) == 1:
                raise InputError(f"this is {role.part}", where=file, fix=_WANTED)
            raw.left_out[file.name] = role.part
        else:
            tables[role.kind, role.part].append(header)
    return tables


def _kinds(tables: dict[tuple[str | None, str], list[Header]], format: str, path: Path, raw: Raw) -> list[str]:
    there = [k for k in (GRANTS, APPLICATIONS, REGPAT, PLAIN) if tables.get((k, "inventors")) or tables.get((k, "raw inventors"))]
    if format != "auto":
        if format == REGPAT and PLAIN in there and REGPAT not in there:
            tables[REGPAT, "inventors"] = tables.pop((PLAIN, "inventors"))
            there = [REGPAT]
        if format not in there:
            also = f"; it has tables of: {', '.join(there)}" if there else ""
            raise InputError(
                f"no table of inventors of the format {format} here{also}", where=path, fix="leave out --format, or give other tables"
            )
        for kind in there:
            if kind != format:
                raw.left_out |= {h.path.name: f"--format {format} leaves it out" for h in tables.get((kind, "inventors"), [])}
        return [format]
    if not there:
        parts = sorted({f"{h.path.name} ({part})" for (kind, part), hs in tables.items() if kind for h in hs})
        out = sorted(f"{n} ({why})" for n, why in raw.left_out.items())
        some = ", ".join([*parts, *out][:4])
        fix = "add the table of inventors (g_inventor_disambiguated.tsv, patent_inventor.tsv, ..._Inv_reg.txt)"
        raise InputError(f"no table of inventors here: {some}", where=path, fix=fix)
    if GRANTS in there and APPLICATIONS in there:
        raise InputError(
            "this folder holds inventors of granted patents and of applications, which are the same inventions",
            where=path,
            fix=f"say --format {GRANTS} or --format {APPLICATIONS}",
        )
    return there


def _without_applicants(con: duckdb.DuckDBPyConnection, table: Opened) -> None:
    """Set aside the rows of a table of PATSTAT that are no inventors: their number among the inventors is 0."""
    if (seq := table.column("invt_seq_nr")) is None:
        return
    no_inventor = f"try_cast({seq} AS DOUBLE) = 0"
    who = text_sql(table.column(*INVENTOR))
    for batch in streamed(con, f"SELECT _line, {who} AS who FROM {table.name} WHERE {no_inventor}"):
        for line, person in zip(*(c.to_pylist() for c in batch.columns), strict=True):
            table.broken.append((int(line), "not-an-inventor", person or ""))
    con.execute(f"DELETE FROM {table.name} WHERE {no_inventor}")


def _one_table(t: Opened, with_regions: bool, years: str | None, pct: bool | None, *, is_regpat: bool) -> str:
    lat, lon = text_sql(t.column(*LAT)), text_sql(t.column(*LON))
    quality = text_sql(t.column("quality", "address_quality", "precision"))
    joined = ""
    if with_regions and t.column(*REGION):
        joined = f" LEFT JOIN region_point r ON r.code = trim(s.{t.column(*REGION)})"
        quality = f"coalesce({quality}, CASE WHEN {lat} IS NULL AND r.lat IS NOT NULL THEN 'region' END)"
        lat, lon = f"coalesce({lat}, r.lat)", f"coalesce({lon}, r.lon)"
    year = text_sql(t.column(*YEAR))
    key = t.column(*ID)
    for n, by in enumerate(t.column(name) for name in regpat.KEYS if years is not None):
        if by is not None:
            joined += f" LEFT JOIN {years} y{n} ON y{n}.key = trim(s.{by})"
            year = f"coalesce({year}, y{n}.year)"
    told = text_sql(t.column("is_pct", "pct"))
    if is_regpat and t.column("pct_nbr"):
        told = f"coalesce({told}, 'true')"
    assumed = "CAST(NULL AS VARCHAR)" if pct is None else f"'{str(pct).lower()}'"
    file = t.path.name.replace("'", "''")
    return (
        f"SELECT '{file}' AS file, _line AS line, {text_sql(key)} AS patent_id, {year} AS year, {told} AS pct, {assumed} AS assumed, "
        f"{text_sql(t.column(*INVENTOR))} AS inventor, {text_sql(t.column('inventor_seq', 'inventor_sequence', 'invt_seq_nr'))} AS seq, "
        f"{lat} AS lat, {lon} AS lon, {text_sql(t.column(*COUNTRY))} AS country, {text_sql(t.column(*CITY))} AS city, {quality} AS quality "
        f"FROM {t.name} s{joined}"
    )
