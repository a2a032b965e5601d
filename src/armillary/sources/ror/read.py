"""ROR dumps of schema 1 and 2 (JSONL, a JSON array, or the published zip) and flat CSV tables, as core rows."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from armillary.errors import InputError
from armillary.sources.openalex import ids

_WANTED = "give a ROR dump (.zip, .json or .jsonl, plain or gzipped) or the flat table (.csv)"
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

    def quirk(self, name: str, *, when: bool) -> None:
        """Count an oddity."""
        if when:
            self.quirks[name] = self.quirks.get(name, 0) + 1


def find(path: Path) -> Path:
    """The file to read: ``path``, or the best one in a folder (raw records before the flat table)."""
    if not path.exists():
        raise InputError("no such file or folder", where=path, fix="check the path")
    if path.is_file():
        return path
    for pattern in ("*.jsonl*", "*schema_v2*.json*", "*.zip", "*.json*", "*.csv*"):
        if found := sorted(path.glob(pattern)):
            return found[-1]
    raise InputError("no ROR file here", where=path, fix=_WANTED)


def read(path: Path) -> Organisations:
    """All organisations of a file; :class:`~armillary.errors.InputError` if it is no ROR file at all."""
    name, data = _content(path)
    found = Organisations()
    if ".csv" in name:
        _from_csv(data, path, found)
    else:
        stripped = data.lstrip()
        lines = _array(stripped, path) if stripped.startswith(b"[") else data.split(b"\n")
        _from_json(lines, found)
    if not found.rows:
        detail = f"; line {found.rejects[0][0]}: {found.rejects[0][1]}" if found.rejects else ""
        raise InputError(f"no ROR organisations in this file{detail}", where=path, fix=_WANTED)
    return found


def _content(path: Path) -> tuple[str, bytes]:
    try:
        data = path.read_bytes()
        if path.suffix == ".zip":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = [n for n in archive.namelist() if n.endswith(".json")]
                if not names:
                    raise InputError("no .json file in the archive", where=path, fix="give the ROR dump as published")
                name = next((n for n in names if "schema_v2" in n), names[0])
                return name, archive.read(name)
        return path.name, gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError, gzip.BadGzipFile, zipfile.BadZipFile, ValueError) as error:
        raise InputError(f"cannot be read ({error})", where=path, fix="download it again") from error


def _array(data: bytes, path: Path) -> list[bytes]:
    try:
        return [bytes(raw) for raw in msgspec.json.decode(data, type=list[msgspec.Raw])]
    except msgspec.MsgspecError as error:
        raise InputError(f"not valid JSON ({error})", where=path, fix="download it again") from error


def _from_json(lines: Iterable[bytes], found: Organisations) -> None:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        found.n_records += 1
        try:
            record = msgspec.json.decode(line)
            row, above, modified = (_schema_2 if "names" in record else _schema_1)(record)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            found.rejects.append((number, "bad-json", str(error)[:200]))
        except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
            found.rejects.append((number, "wrong-type", f"{type(error).__name__}: {error}"[:200]))
        else:
            if not row["ror_id"]:
                found.rejects.append((number, "no-id", f"id is {record.get('id')!r}"[:200]))
                continue
            found.quirk("schema-1", when="names" not in record)
            found.quirk("several-locations", when=len(record.get("locations") or record.get("addresses") or ()) > 1)
            found.quirk("no-location", when=row["lat_deg"] is None)
            found.quirk("withdrawn", when=record.get("status") == "withdrawn")
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
    return row, _parents(r), r.get("admin", {}).get("last_modified", {}).get("date") or ""


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


def _from_csv(data: bytes, path: Path, found: Organisations) -> None:
    try:
        reader = csv.DictReader(io.StringIO(data.decode()))
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 ({error.reason})", where=path, fix="save the table as UTF-8") from error
    if missing := sorted(_FLAT - set(reader.fieldnames or ())):
        raise InputError(
            f"the table lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}",
            where=path,
            fix="give the flat table with ror_id, name, types, country_code, city, geonames_id, lat, lng",
        )
    for record in _rows(reader):
        found.n_records += 1
        line = reader.line_num
        try:
            row = _row(
                record["ror_id"],
                record["name"],
                record["types"].split("|"),
                record["country_code"],
                record.get("country_subdivision"),
                record["city"],
                record["geonames_id"],
                record["lat"],
                record["lng"],
            )
        except (TypeError, ValueError, AttributeError) as error:
            found.rejects.append((line, "wrong-type", str(error)[:200]))
            continue
        if not row["ror_id"]:
            found.rejects.append((line, "no-id", "ror_id is empty"))
            continue
        above = sorted({i for link in (record.get("parents") or "").split("|") if (i := ids.ror(link))})
        found.quirk("no-location", when=row["lat_deg"] is None)
        found.quirk("withdrawn", when=record.get("status") == "withdrawn")
        found.quirk("several-locations", when=(record.get("n_locations") or "1") > "1")
        found.add(row, above, record.get("last_modified") or "")


def _rows(reader: csv.DictReader[str]) -> Iterator[dict[str, str]]:
    yield from reader


def _row(
    link: str,
    name: str | None,
    types: list[str] | None,
    country: str | None,
    region: str | None,
    city: str | None,
    geonames: Any,
    lat: Any,
    lon: Any,
) -> dict[str, Any]:
    lat_deg, lon_deg = _number(lat), _number(lon)
    if lat_deg is None or lon_deg is None or not (-90 <= lat_deg <= 90 and -180 <= lon_deg <= 180):
        lat_deg = lon_deg = None
    return {
        "ror_id": ids.ror(link),
        "name": name or None,
        "institution_type": main_type(types or ()),
        "country_code": country or None,
        "region_name": region or None,
        "city": city or None,
        "geonames_id": int(geonames) if geonames not in (None, "") else None,
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
    }


def _number(value: Any) -> float | None:
    return None if value in (None, "") else float(value)


def main_type(types: Iterable[str]) -> str | None:
    """One type of several: the first that is not ``funder``, because funding is what an organisation does beside being something."""
    folded = [t.strip().lower() for t in types if t and t.strip()]
    return next((t for t in folded if t != "funder"), folded[0] if folded else None)
