"""Countries of corresponding authors, which the API does not group by: bounds from the institutions that it does group by."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from armillary.errors import StoreError
from armillary.registry import country_names
from armillary.sources.fetch import api, parts
from armillary.sources.fetch.asking import Api
from armillary.sources.fetch.counts.write import CountRow
from armillary.sources.fetch.identity import id_of
from armillary.sources.fetch.query import Selection, noted_before


class _Institution(msgspec.Struct):
    country_code: str | None = None


def bounds(rows: Iterable[CountRow], works: dict[str, int], country_of: dict[str, str]) -> tuple[list[CountRow], int]:
    """Works of each year and country, at least and at most, and in how many rows the institution's country is not known.

    A work with two corresponding institutions of a country stands in the rows of both: the country has at least the works of its largest
    institution, and at most the sum of all, or all ``works`` of the year.
    """
    found: dict[tuple[str | None, ...], list[int]] = {}
    unknown = 0
    for row in rows:
        year, institution = row.keys
        country = country_of.get(institution or "")
        if country is None:
            unknown += 1
            continue
        found.setdefault((year, country), []).append(row.works)
    names = country_names()
    made = [
        CountRow((year, country), names.get(country or ""), max(n), min(sum(n), max(works.get(year or "", sum(n)), max(n))))
        for (year, country), n in found.items()
    ]
    return made, unknown


def countries_of(asker: Api, institutions: Iterable[str], base: str, folder: Path, *, fresh: bool) -> dict[str, str]:
    """Institution -> country, from the records of the institutions, 100 a request; those without a country are left out."""
    wanted = sorted(set(institutions))
    if not wanted:
        return {}
    query = Selection("institutions", f"ids.openalex:{'|'.join(wanted)}", base=base, select="id,country_code")
    state = parts.read_state(api.folder_of(query, folder))
    other = state is not None and noted_before(state.query) != query.noted()
    came = Path(api.fetch(asker, query, folder, fresh=fresh or other).folder)
    state = parts.read_state(came)
    if state is None:
        raise StoreError("the state of the fetch is damaged", where=came, fix="fetch it anew with --fresh")
    found: dict[str, str] = {}
    for line in parts.here(came, state):
        code = msgspec.json.decode(line, type=_Institution).country_code
        if code:
            found[id_of(line).decode()] = code.upper()
    return found
