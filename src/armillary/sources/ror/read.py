"""ROR dumps of schema 1 and 2 (JSONL, a JSON array, or the published zip) and flat CSV tables, as core rows."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from armillary.errors import InputError
from armillary.sources.files import find_files, kind_of, read_bytes
from armillary.sources.openalex import ids
from armillary.sources.values.country import read_country
from armillary.sources.values.encoding import decode
from armillary.sources.values.missing import known
from armillary.sources.values.number import read_number
from armillary.sources.values.table import fold_name, read_records

_WANTED = "give a ROR dump (.zip, .json or .jsonl, plain or gzipped) or the flat table (.csv)"
_EDITION = re.compile(r"(v?\d+(?:\.\d+)*-\d{4}-\d{2}-\d{2})-ror", re.IGNORECASE)
_FLAT = {"ror_id", "name", "types", "country_code", "city", "geonames_id", "lat", "lng"}


@dataclass
class Organisations:
    """What a file holds: one row an organisation, edges to direct parents, bad lines, and counts of what was odd."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    parents: dict[str, list[str]] = field(default_factory=dict)
    rejects: list[tuple[int, str, str]] = field(default_factory=list)
    quirks: dict[str, int] = field(default_factory=dict)
    n_records: int = 0
    n_superseded: int = 0
    newest: str | None = None
    _dates: dict[str, str] = field(default_factory=dict)

    def add(self, row: dict[str, Any], above: list[str], modified: str) -> None:
        """Keep a row; of several versions of one organisation the newest."""
        key = row["ror_id"]
        self.newest = max(self.newest or "", modified) or None
        if key in self.rows:
            self.n_superseded += 1
            if modified <= self._dates[key]:
                return
        self.rows[key], self.parents[key], self._dates[key] = row, above, modified

    def note(self, row: dict[str, Any], *, withdrawn: bool) -> None:
        """Count what a row lacks."""
        self.quirk("no-location", when=row["lat_deg"] is None and row["city"] is None)
        self.quirk("city-without-point", when=row["lat_deg"] is None and row["city"] is not None)
        self.quirk("withdrawn", when=withdrawn)

    def quirk(self, name: str, *, when: bool) -> None:
        """Count an oddity."""
        if when:
            self.quirks[name] = self.quirks.get(name, 0) + 1


def find(path: Path) -> Path:
    """The file to read: ``path``, or the best one in a folder (raw records before the flat table, schema 2 before 1).

    :class:`InputError` if there is none, or if the folder holds two editions.
    """
    files = find_files(path, (".json", ".jsonl", ".ndjson", ".csv", ".zip"), wanted=_WANTED, deep=False)
    if path.is_file():
        return path
    editions = sorted({m[1] for f in files if (m := _EDITION.match(f.name))})
    if len(editions) > 1:
        raise InputError(f"the folder holds {len(editions)} editions ({', '.join(editions[:3])})", where=path, fix="give the file of one")
    if not files:
        raise InputError("no ROR file here", where=path, fix=_WANTED)
    return min(files, key=lambda f: (_rank(f.name), f.name))


def _rank(name: str) -> int:
    """Order of preference among the files of one edition."""
    plain = name.lower().removesuffix(".gz")
    if plain.endswith(".csv"):
        return 4
    if plain.endswith((".jsonl", ".ndjson")):
        return 0
    if plain.endswith(".json"):
        return 1 if "schema_v2" in plain else 3
    return 2


def read(path: Path) -> Organisations:
    """All organisations of a file, known by what is in it; :class:`~armillary.errors.InputError` if it is no ROR file at all."""
    data = read_bytes(path, _member)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = _text(data, path).encode()
    found = Organisations()
    stripped = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if (items := _answer(stripped)) is not None:
        _from_json(items, found)
    elif stripped[:1] == b"[":
        _from_json(_array(stripped, path), found)
    elif stripped[:1] == b"{" and _is_whole(stripped):
        _from_json([stripped], found)
    elif stripped[:1] == b"{" or path.name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson")):
        _from_json(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), found)
    else:
        _from_csv(_text(data, path), path, found)
    if not found.rows:
        detail = f"; line {found.rejects[0][0]}: {found.rejects[0][1]}" if found.rejects else ""
        raise InputError(f"no ROR organisations in this file{detail}", where=path, fix=_WANTED)
    return found


def _member(names: list[str]) -> str | None:
    """Of the published archive: the records of schema 2, then any records, then a table."""
    wanted = [n for n in names if n.lower().endswith((".json", ".jsonl", ".csv"))]
    return min(wanted, key=lambda n: (_rank(n), n)) if wanted else None


def _answer(data: bytes) -> list[bytes] | None:
    """The organisations of an answer of the API (``items``; matches of an affiliation have theirs inside); None for anything else."""
    if not re.match(rb'\{\s*"(?:number_of_results|items|time_taken|meta)"', data):
        return None
    try:
        items = msgspec.json.decode(data)["items"]
        return [msgspec.json.encode(i.get("organization", i) if isinstance(i, dict) else i) for i in items]
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, KeyError, TypeError):
        return None


def _is_whole(data: bytes) -> bool:
    """Whether the text is one object, indented over many lines."""
    first = data.split(b"\n", 1)[0]
    if first.rstrip().endswith(b"}"):
        return False
    try:
        return isinstance(msgspec.json.decode(data), dict)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return False


def _text(data: bytes, path: Path) -> str:
    found = decode(data)
    if found.text is None:
        raise InputError(f"this is {kind_of(data[:64]) or 'no text that can be read'}", where=path, fix=_WANTED)
    return found.text


def _array(data: bytes, path: Path) -> list[bytes]:
    try:
        return [bytes(raw) for raw in msgspec.json.decode(data, type=list[msgspec.Raw])]
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise InputError(f"not valid JSON ({error})", where=path, fix="download it again") from error


def _from_json(lines: Iterable[bytes], found: Organisations) -> None:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        found.n_records += 1
        try:
            record = msgspec.json.decode(line)
            row, above, modified = (_schema_2 if "names" in record else _schema_1)(record)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            found.rejects.append((number, "bad-json", str(error)[:200]))
        except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
            found.rejects.append((number, "wrong-type", f"{type(error).__name__}: {error}"[:200]))
        else:
            if not row["ror_id"]:
                found.rejects.append((number, "no-id", f"id is {record.get('id')!r}"[:200]))
                continue
            found.quirk("schema-1", when="names" not in record)
            found.quirk("several-locations", when=len(record.get("locations") or record.get("addresses") or ()) > 1)
            found.note(row, withdrawn=record.get("status") == "withdrawn")
            found.add(row, above, modified)


def _schema_2(r: dict[str, Any]) -> tuple[dict[str, Any], list[str], str]:
    names = r["names"]
    name = next((n["value"] for n in names if "ror_display" in n["types"]), names[0]["value"] if names else None)
    place = (r.get("locations") or [{}])[0]
    details = place.get("geonames_details") or {}
    row = _row(
        r["id"],
        name,
        r.get("types"),
        details.get("country_code"),
        details.get("country_subdivision_name"),
        details.get("name"),
        place.get("geonames_id"),
        details.get("lat"),
        details.get("lng"),
    )
    return row, _parents(r), _string(r.get("admin", {}).get("last_modified", {}).get("date")) or ""


def _schema_1(r: dict[str, Any]) -> tuple[dict[str, Any], list[str], str]:
    address = (r.get("addresses") or [{}])[0]
    city = address.get("geonames_city") or {}
    region = (city.get("geonames_admin1") or {}).get("name") or address.get("state")
    name, country = address.get("city") or city.get("city"), (r.get("country") or {}).get("country_code")
    row = _row(r["id"], r["name"], r.get("types"), country, region, name, city.get("id"), address.get("lat"), address.get("lng"))
    return row, _parents(r), ""


def _parents(r: dict[str, Any]) -> list[str]:
    links = [x["id"] for x in r.get("relationships") or () if x["type"].lower() == "parent"]
    return sorted({i for link in links if (i := ids.ror(link))})


def _from_csv(text: str, path: Path, found: Organisations) -> None:
    records = read_records(text)
    first = next(records, None)
    header = [fold_name(v) for v in first.values] if first is not None else []
    if "id" in header and any(h.startswith(("names_", "locations_")) for h in header):
        raise InputError(
            "the registry's own CSV, in which one cell holds several values", where=path, fix="give the JSON of the same archive"
        )
    if missing := sorted(_FLAT - set(header)):
        raise InputError(
            f"the table lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}",
            where=path,
            fix="give the flat table with ror_id, name, types, country_code, city, geonames_id, lat, lng",
        )
    for record in records:
        found.n_records += 1
        line = record.line
        if record.problem or len(record.values) != len(header):
            reason = record.problem or ("row-short" if len(record.values) < len(header) else "row-long")
            found.rejects.append((line, reason, ",".join(record.values)[:200]))
            continue
        values = dict(zip(header, record.values, strict=True))
        try:
            row = _row(
                values["ror_id"],
                values["name"],
                re.split(r"[|;]", values["types"]),
                values["country_code"],
                values.get("country_subdivision"),
                values["city"],
                values["geonames_id"],
                values["lat"],
                values["lng"],
            )
        except (TypeError, ValueError, AttributeError) as error:
            found.rejects.append((line, "wrong-type", str(error)[:200]))
            continue
        if not row["ror_id"]:
            found.rejects.append((line, "no-id", "ror_id is empty"))
            continue
        above = sorted({i for link in re.split(r"[|;]", values.get("parents") or "") if (i := ids.ror(link.strip()))})
        found.note(row, withdrawn=values.get("status") == "withdrawn")
        found.quirk("several-locations", when=(values.get("n_locations") or "1") > "1")
        found.add(row, above, values.get("last_modified") or "")


def _row(
    link: Any,
    name: Any,
    types: Any,
    country: Any,
    region: Any,
    city: Any,
    geonames: Any,
    lat: Any,
    lon: Any,
) -> dict[str, Any]:
    """A row of core table ``ror``; :class:`TypeError` or :class:`ValueError` where a value is not of its kind."""
    lat_deg, lon_deg = _degrees(lat), _degrees(lon)
    if lat_deg is None or lon_deg is None or not (-90 <= lat_deg <= 90 and -180 <= lon_deg <= 180):
        lat_deg = lon_deg = None
    code = _string(country)
    return {
        "ror_id": ids.ror(_string(link)),
        "name": _string(name),
        "institution_type": main_type([t for t in (_string(t) for t in types or ()) if t]),
        "country_code": (read_country(code).value or code) if code else None,
        "region_name": _string(region),
        "city": _string(city),
        "geonames_id": _integer(geonames),
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
    }


def _string(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where a text is meant")
    return known(value, codes=True)


def _degrees(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, type(None))):
        raise TypeError(f"{type(value).__name__} where a coordinate is meant")
    found = read_number(value, decimal=",") if isinstance(value, str) and "," in value else read_number(value)
    if found.value is None and found.reason != "number-missing":
        raise ValueError(f"could not read the coordinate {value!r}")
    return found.value


def _integer(value: Any) -> int | None:
    if value in (None, ""):
        return None
    if isinstance(value, str) and re.fullmatch(r"\d{1,18}(?:\.0)?", value.strip(), re.ASCII):
        return int(value.strip().removesuffix(".0"))
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    raise ValueError(f"{value!r} where a GeoNames id is meant")


def main_type(types: Iterable[str]) -> str | None:
    """One type of several: the first that is not ``funder``, because funding is what an organisation does beside being something."""
    folded = [t.strip().lower() for t in types if t and t.strip()]
    return next((t for t in folded if t != "funder"), folded[0] if folded else None)
