"""Regions: named unions of countries, first-order subdivisions, places and institutions, in TOML.

    [[region]]
    id = "greater-bay-area"
    name = "Guangdong-Hong Kong-Macao Greater Bay Area"
    countries = ["HK", "MO"]                      # ISO 3166 alpha-2
    subdivisions = ["CN:Hainan"]                  # as the institutions' records name them
    places = ["CN:shenzhen", "gn:1809858"]        # XX:name, or place ids (id:CN:suzhou where a name would catch two)
    institutions = ["ror:034t30j35", 19820366]    # OpenAlex ids, or ROR ids
    regions = ["other-region"]                    # everything of that region
    source = "..."
    date = "2019-02-18"

A unit may lie in several regions. What a file names and the observatory does not hold is no error: it has no records.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from armillary.core import guarded
from armillary.core.guarded.limits import beyond
from armillary.core.places.geo import name_key, name_keys, slug
from armillary.core.places.rules import read_toml, registry_files
from armillary.errors import SpecError, UnknownNameError

_KINDS = ("countries", "subdivisions", "places", "institutions")
_KEYS = {"id", "name", "name_zh", "kind", "source", "date", "note", "regions", *_KINDS}


@dataclass(frozen=True, slots=True)
class Region:
    """One region. The four member lists hold what the file says, with the members of the regions it names added."""

    region_id: str
    name: str
    kind: str | None
    countries: frozenset[str]
    subdivisions: frozenset[str]
    places: frozenset[str]
    institutions: frozenset[str]
    source: str | None = None
    date: str | None = None
    note: str | None = None

    @property
    def members(self) -> list[tuple[str, str]]:
        """``(kind, id)`` of every member, sorted; kind is country, subdivision, place or institution."""
        return sorted(
            [("country", c) for c in self.countries]
            + [("subdivision", s) for s in self.subdivisions]
            + [("place", p) for p in self.places]
            + [("institution", i) for i in self.institutions]
        )


def load_regions(paths: Iterable[Path] | None = None, *, builtin: bool = True) -> dict[str, Region]:
    """Regions by id: those that come with Armillary and those of ``paths`` (files or folders; a later region of the same id wins).

    Raises :class:`SpecError` for a malformed file and :class:`UnknownNameError` for a region that names an unknown one.
    """
    given: list[Path] = []
    for path in paths or []:
        given += sorted(path.glob("*.toml")) if path.is_dir() else [path]
    raw: dict[str, tuple[dict[str, Any], Path]] = {}
    for path in [*(registry_files("regions") if builtin else []), *given]:
        content = read_toml(path)
        if not isinstance(entries := content.get("region", []), list):
            raise SpecError("'region' is not a list of tables", where=path, fix="write [[region]]")
        for number, entry in enumerate(entries, 1):
            raw[_checked(entry, number, path)] = (entry, path)
    done: dict[str, Region] = {}
    return {region_id: _region(region_id, raw, (), done) for region_id in sorted(raw)}


def _checked(entry: Mapping[str, Any], number: int, path: Path) -> str:
    if not isinstance(entry, Mapping):
        raise SpecError(f"region number {number} is no table", where=path, fix="write [[region]]")
    for key in ("kind", "source", "date", "note"):
        if not isinstance(entry.get(key, ""), str | datetime.date):
            raise SpecError(f"'{key}' of [[region]] number {number} is not text", where=path, fix=f'write {key} = "..."')
    for key in ("id", "name"):
        if not isinstance(entry.get(key), str) or not entry[key]:
            raise SpecError(f"[[region]] number {number} has no '{key}'", where=path, fix="every region needs an id and a name")
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise UnknownNameError("key of a region", unknown[0], _KEYS, where=f"{path} ({entry['id']})")
    for key in (*_KINDS, "regions"):
        if not isinstance(entry.get(key, []), list):
            raise SpecError(f"'{key}' of region '{entry['id']}' is not a list", where=path, fix=f'write {key} = ["..."]')
    bad = [c for c in entry.get("countries", []) if not re.fullmatch("[A-Z]{2}", str(c))]
    if bad:
        raise SpecError(f"'{bad[0]}' in region '{entry['id']}' is no country code", where=path, fix="use ISO 3166 alpha-2, such as BR")
    bad = [s for s in entry.get("subdivisions", []) if not re.fullmatch("[A-Z]{2}:.+", str(s))]
    if bad:
        raise SpecError(f"'{bad[0]}' in region '{entry['id']}' is no subdivision", where=path, fix="write XX:Name, such as CN:Jiangsu")
    return str(entry["id"])


def _region(region_id: str, raw: Mapping[str, tuple[dict[str, Any], Path]], above: tuple[str, ...], done: dict[str, Region]) -> Region:
    """Each region is put together once: regions that name each other twice over would take twice as long with each level."""
    if region_id in done:
        return done[region_id]
    entry, path = raw[region_id]
    if len(above) > guarded.limits().depth:
        beyond("depth", f"regions are nested too deeply (at '{region_id}')", path, SpecError)
    if region_id in above:
        raise SpecError(f"region '{region_id}' contains itself", where=path, fix=f"break the circle {' > '.join((*above, region_id))}")
    sets = {k: {str(m) for m in entry.get(k, [])} for k in _KINDS}
    for other in entry.get("regions", []):
        if other not in raw:
            raise UnknownNameError("region", str(other), raw, where=f"{path} ({region_id})")
        inner = _region(str(other), raw, (*above, region_id), done)
        for k in _KINDS:
            sets[k] |= getattr(inner, k)
    if not any(sets.values()):
        raise SpecError(f"region '{region_id}' has no members", where=path, fix="give countries, subdivisions, places or institutions")
    done[region_id] = Region(
        region_id,
        entry["name"],
        entry.get("kind"),
        frozenset(sets["countries"]),
        frozenset(sets["subdivisions"]),
        frozenset(sets["places"]),
        frozenset(sets["institutions"]),
        entry.get("source"),
        entry.get("date"),
        entry.get("note"),
    )
    return done[region_id]


REGION_MEMBERS = pa.schema([("unit_id", pa.string()), ("name", pa.string()), ("institution_id", pa.int64()), ("country_code", pa.string())])


def region_members(regions: Mapping[str, Region], institution: pa.Table, place: pa.Table, institution_place: pa.Table) -> pa.Table:
    """Which institutions, and which countries, count for which region: ``unit_id, name, institution_id, country_code``.

    A row has either ``institution_id`` (every institution that is a member itself or through its place, subdivision or country) or
    ``country_code`` (for authors who have a country but no institution). Rows are distinct and sorted.
    """
    ids: list[int] = institution["institution_id"].to_pylist()
    countries = institution["country_code"].to_pylist()
    subdivisions = name_keys(countries, institution["region_name"].to_pylist())
    rors = institution["ror_id"].to_pylist()
    names = dict(zip(place["place_id"].to_pylist(), name_keys(place["country_code"].to_pylist(), place["name"].to_pylist()), strict=True))
    place_of = dict(zip(institution_place["institution_id"].to_pylist(), institution_place["place_id"].to_pylist(), strict=True))
    rows: list[tuple[str, str, int | None, str | None]] = []
    for region in regions.values():
        wanted = {name_key(*s.split(":", 1)) for s in region.subdivisions}
        places = {p.removeprefix("id:") for p in region.places}
        by_name = {_as_key(p) for p in region.places if not p.startswith(("gn:", "ua:", "metro:", "id:"))}
        members = {m.removeprefix("I") for m in region.institutions}
        for i, institution_id in enumerate(ids):
            at = place_of.get(institution_id)
            if (
                countries[i] in region.countries
                or (subdivisions[i] is not None and subdivisions[i] in wanted)
                or (at is not None and (at in places or names.get(at) in by_name))
                or str(institution_id) in members
                or f"ror:{rors[i]}" in members
            ):
                rows.append((region.region_id, region.name, institution_id, None))
        rows += [(region.region_id, region.name, None, c) for c in sorted(region.countries)]
    rows.sort(key=lambda r: (r[0], r[2] is None, r[2] or 0, r[3] or ""))
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, REGION_MEMBERS, strict=True)], schema=REGION_MEMBERS)


def _as_key(text: str) -> str:
    country, _, name = text.partition(":")
    return f"{country.upper()}:{slug(name)}" if name else text
