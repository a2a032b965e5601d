"""Fetch tables of counts, query by query; what is here is not asked again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from armillary.errors import FetchError, UsageError
from armillary.sources.fetch import api, files, groups
from armillary.sources.fetch import parts as store
from armillary.sources.fetch.allowance import usd_of
from armillary.sources.fetch.asking import Api
from armillary.sources.fetch.counts.corresponding import bounds, countries_of
from armillary.sources.fetch.counts.tables import CountQuery, CountsWanted, CountTable, parts, requests
from armillary.sources.fetch.counts.tables import table as table_of
from armillary.sources.fetch.counts.write import CountRow, write_package, write_table

ASKED = "counts.state"
PAGES = ".pages"


@dataclass(frozen=True)
class TablePrice:
    """About what a table takes: requests in all, those not here yet, and dollars for them."""

    table: str
    requests: int
    to_ask: int
    usd: float


@dataclass(frozen=True)
class TableMade:
    """A table that is written. ``resumed``: queries that were here before."""

    table: str
    file: str
    rows: int
    queries: int
    resumed: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class CountsReport:
    """One run: tables, requests, and what they cost."""

    folder: str
    tables: tuple[TableMade, ...]
    requests: int
    network_bytes: int
    credits: float
    usd: float
    left: str | None


def price(tables: Iterable[CountTable], asked: CountsWanted, out: Path) -> list[TablePrice]:
    """What the tables would take, by the expected numbers of groups; asks nothing."""
    found = []
    for table in tables:
        n = requests(table, asked)
        made = list(parts(table, asked, _countries(asked, out)))
        left = [p for p in made if not _is_done(p, out)]
        to_ask = n if not made else -(-n * len(left) // len(made))
        found.append(TablePrice(table.name, n, to_ask, usd_of(to_ask)))
    return found


def _countries(asked: CountsWanted, out: Path) -> list[str]:
    """Codes of the table of countries, if all of it is here."""
    made = list(parts(table_of("countries"), asked))
    if not all(_is_done(p, out) for p in made):
        return []
    folders = [api.folder_of(p.query, out / PAGES / p.folder) for p in made]
    return sorted({g.key for f in folders for g in groups.read(f) if g.key is not None})


def fetch(
    asker: Api,
    tables: list[CountTable],
    asked: CountsWanted,
    out: Path,
    *,
    form: str = "csv",
    fresh: bool = False,
    total: Callable[[int], None] = lambda _: None,
    advance: Callable[[int, int], object] = lambda *_: None,
) -> CountsReport:
    """Fetch the tables into ``out`` as CSV or Parquet, with ``datapackage.json``. What came is kept when a
    :class:`FetchError` ends the run.

    A folder holds the counts of one filter, corpus and address; more tables and other years can be added.
    """
    made: list[TableMade] = []
    with files.locked(out), files.disk_faults(out):
        _same(out, asked, fresh=fresh)
        total(sum(requests(t, asked) for t in tables))
        countries: list[str] = []
        corresponding: tuple[list[CountRow], dict[str, int]] = ([], {})
        for table in tables:
            rows, done = _table(asker, table, asked, out, countries, fresh, advance)
            notes = [table.note] if table.note else []
            if table.name == "countries":
                countries = sorted({r.keys[-1] for r in rows if r.keys[-1] is not None})
            elif table.name == "corresponding":
                corresponding = rows, {p["keys"][0]: p["works"] for p in done}
            if table.over == "country":
                rows, said = _once(rows)
                notes += said
            elif table.over == "bounds":
                rows, said = _bounds(asker, corresponding, asked, out, fresh)
                notes += said
            if changed := sum(p["changed"] for p in done):
                notes.append(f"in {changed:,} queries the number of works changed while the groups came; --fresh asks again")
            file = write_table(out, table, rows, form)
            notes += _of_all(table, done) if table.single else []
            made.append(TableMade(table.name, str(file), len(rows), len(done), sum(p["resumed"] for p in done), tuple(notes)))
            write_package(out, table, asked, file, rows, done, notes)
    account = asker.account
    return CountsReport(str(out), tuple(made), asker.requests, asker.came, account.credits, account.usd, account.rest)


def _table(
    asker: Api, table: CountTable, asked: CountsWanted, out: Path, countries: list[str], fresh: bool, advance: Callable[[int, int], object]
) -> tuple[list[CountRow], list[dict[str, Any]]]:
    rows: list[CountRow] = []
    done: list[dict[str, Any]] = []
    for part in parts(table, asked, countries):
        folder = out / PAGES / part.folder
        before = asker.requests
        try:
            came = api.fetch(asker, part.query, folder, fresh=fresh)
        except FetchError as error:
            what = f"{error.what} (table {table.name}, {len(done):,} of its queries here)"
            raise FetchError(what, where=error.where, fix=error.fix) from error
        found = list(groups.read(Path(came.folder)))
        rows += [CountRow((*part.keys, g.key), g.name, g.count) for g in found]
        about = {"keys": part.keys, "changed": came.changes > 0, "filter": part.query.filter, "works": came.counted}
        about |= {"groups": len(found), "groups_sum": sum(g.count for g in found)}
        done.append(about | {"resumed": asker.requests == before})
        advance(max(1, asker.requests - before), 1)
    return rows, done


def _bounds(
    asker: Api, corresponding: tuple[list[CountRow], dict[str, int]], asked: CountsWanted, out: Path, fresh: bool
) -> tuple[list[CountRow], list[str]]:
    rows, works = corresponding
    institutions = {r.keys[-1] for r in rows if r.keys[-1] is not None}
    country_of = countries_of(asker, institutions, asked.base, out / PAGES, fresh=fresh)
    made, unknown = bounds(rows, works, country_of)
    return made, [f"{unknown:,} of {len(rows):,} rows are of institutions without a country: they are in no country"] if unknown else []


def _of_all(table: CountTable, done: list[dict[str, Any]]) -> list[str]:
    """What the groups add up to, where each work is in one group at most."""
    found, works = sum(p["groups_sum"] for p in done), sum(p["works"] for p in done)
    if found == works:
        return []
    if found < works:
        return [f"{found:,} of {works:,} works are in a group; the other {works - found:,} have no {table.unit}"]
    return [f"the groups add up to {found:,}, more than the {works:,} works: the records changed in between, or a work is in several"]


def _once(rows: list[CountRow]) -> tuple[list[CountRow], list[str]]:
    """Each pair once, the smaller code first; a note if the two countries' queries disagree (the records changed in between)."""
    found: dict[tuple[str | None, ...], CountRow] = {}
    unequal = 0
    for row in rows:
        period, country, partner = row.keys
        if partner is None or country is None or partner == country:
            continue
        key = (period, *sorted((country, partner)))
        name = row.name if partner == key[2] else None
        if key in found:
            unequal += found[key].works != row.works
            found[key] = CountRow(key, found[key].name or name, max(found[key].works, row.works))
        else:
            found[key] = CountRow(key, name, row.works)
    said = [f"{unequal:,} pairs were counted differently from their two sides, which were asked one after the other: the larger is given"]
    return list(found.values()), said if unequal else []


def _same(out: Path, asked: CountsWanted, *, fresh: bool) -> None:
    """:class:`UsageError` if the folder holds counts of another filter, corpus or address."""
    wanted = {k: v for k, v in asdict(asked).items() if k in ("filter", "corpus", "base")}
    path = out / ASKED
    before = files.read_json(path)
    if before is not None and before != wanted and not fresh:
        differs = ", ".join(f"{k} {before.get(k) or 'none'}" for k in wanted if before.get(k) != wanted[k])
        raise UsageError(f"the folder holds counts of another query ({differs})", where=out, fix="choose another --out, or give --fresh")
    files.write_json(path, wanted)


def _is_done(part: CountQuery, out: Path) -> bool:
    return _done_in(api.folder_of(part.query, out / PAGES / part.folder))


def _done_in(folder: Path) -> bool:
    state = store.read_state(folder)
    return state is not None and state.cursor is None
