"""SDMX-ML data messages, streamed: structure-specific (2.1 and 3.0) and generic (2.0 and 2.1).

The general SDMX library refuses these messages because they come without their structure definition (tested with sdmx1 2.28);
data attributes are enough for series of countries by year, so this reader needs no definition. XML entities are not expanded
(expat's own limits guard against expansion attacks; external entities are never fetched).
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from armillary.sources.series.rows import Row, SeriesFile, measure, unit_id, value_of, year_of

UNITS = ("REF_AREA", "LOCATION", "COUNTRY", "COU", "GEO")
NAMES = ("VAR", "INDICATOR", "VARIABLE", "SUBJECT", "SERIES")
_TIME = ("TIME_PERIOD", "TIME", "OBS_DIMENSION")
_NOT_KEY = {
    *UNITS,
    *NAMES,
    *_TIME,
    "FREQ",
    "DECIMALS",
    "UNIT_MULT",
    "UNIT_MEASURE",
    "CURRENCY",
    "OBS_VALUE",
    "OBS_STATUS",
    "CONF_STATUS",
    "UNIT",
    "POWERCODE",
    "TIME_FORMAT",
    "REFERENCEPERIOD",
    "BASE_PER",
    "PRICE_BASE_YEAR",
}
_STATUS = ("OBS_STATUS", "OBS_STATUS_2", "OBS_STATUS_3")
_VERSION = re.compile(r"_V\d+$")


def looks_like(head: bytes) -> bool:
    """Whether the first bytes are those of an SDMX-ML message."""
    return b"sdmx" in head.lower() and head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")


def read(path: Path, *, source: str | None = None, vintage: str | None = None, indicator: str | None = None) -> SeriesFile:
    """All annual observations of a message. A message that is not well formed is refused as a whole."""
    out = SeriesFile(path, "sdmx")
    header: dict[str, str] = {}
    found: list[tuple[dict[str, str], dict[str, str]]] = []
    series: dict[str, str] = {}
    generic: dict[str, str] = {}
    obs: dict[str, str] = {}
    inside = False
    try:
        for event, node in ET.iterparse(path, events=("start", "end")):
            tag = node.tag.rpartition("}")[2]
            if event == "start":
                if tag == "DataSet":
                    header.setdefault("structure", _structure(node))
                elif tag == "Series":
                    series = dict(node.attrib)
                elif tag == "Obs":
                    obs, generic, inside = {}, {}, True
                continue
            if tag in ("Prepared", "DataSetID", "Sender"):
                header.setdefault(tag, (node.text or node.get("id") or "").strip())
            elif tag == "Value" and "value" in node.attrib:
                generic[node.get("id") or node.get("concept") or ""] = node.get("value") or ""
            elif tag == "SeriesKey":
                series, generic = generic, {}
            elif tag == "Attributes" and not inside:
                series, generic = series | generic, {}
            elif tag in ("ObsDimension", "Time"):
                obs["TIME_PERIOD"] = node.get("value") or (node.text or "")
            elif tag == "ObsValue":
                obs["OBS_VALUE"] = node.get("value") or ""
            elif tag == "Obs":
                found.append((series, {**_upper(generic), **_upper(obs), **_upper(dict(node.attrib))}))
                inside = False
                node.clear()
            elif tag == "Series":
                series = {}
                node.clear()
    except ET.ParseError as error:
        line = error.position[0] if error.position else 0
        return out.refused("malformed-xml", f"line {line}: {error}", line)
    except UnicodeDecodeError as error:
        return out.refused("bad-encoding", str(error))
    if not found:
        return out.refused("no-observations", "the message holds no observations")
    made = source or header.get("structure") or header.get("DataSetID") or path.stem
    edition = vintage or header.get("Prepared", "")[:10] or "undated"
    found = [(_upper(s), o) for s, o in found]
    names = _names(found, path, indicator)
    for number, (key, cells) in enumerate(found, start=1):
        out.records += 1
        cells = key | cells
        _keep(out, number, cells, names(cells), made, edition)
    return out


def _upper(cells: dict[str, str]) -> dict[str, str]:
    return {k.rpartition("}")[2].upper(): v for k, v in cells.items()}


def _structure(node: ET.Element) -> str:
    """``OECD.STI.STP:DSD_SBRD(1.2)`` from the namespace of the data set, as the message writes it."""
    text = node.tag + " " + " ".join(node.attrib.values())
    found = re.search(r"DataStructure=([^:]+:[^:}\s]+)", text) or re.search(r"GetKeyFamily/(\S+)", text)
    return found.group(1) if found else ""


def _names(found: list[tuple[dict[str, str], dict[str, str]]], path: Path, indicator: str | None) -> Any:
    """How an observation's indicator is called: a dimension that says so, else the file's name with the dimensions that vary in it."""
    plain = _VERSION.sub("", path.name.split(".")[0])
    keys = [{k: v for k, v in (s | o).items() if k not in _NOT_KEY and k not in _STATUS and not k.startswith("AUX_")} for s, o in found]
    varying = sorted(k for k in {k for c in keys for k in c} if len({c.get(k) for c in keys}) > 1)

    def name(cells: dict[str, str]) -> str:
        base = indicator or next((cells[n] for n in NAMES if cells.get(n)), plain)
        return ".".join([base, *(cells.get(k, "_Z") for k in varying)])

    return name


def _keep(out: SeriesFile, number: int, cells: dict[str, str], name: str, source: str, vintage: str) -> None:
    place = next((cells[u] for u in UNITS if cells.get(u)), "")
    when = next((cells[t] for t in _TIME if cells.get(t)), "")
    if not place or not name:
        out.reject(number, "no-key", f"unit '{place}', indicator '{name}'")
        return
    year, why = year_of(when)
    if year is None:
        out.reject(number, why, f"{place} {name} '{when}'")
        return
    value, why = value_of(cells.get("OBS_VALUE", ""))
    if value is None:
        out.reject(number, why, f"{place} {name} {year} '{cells.get('OBS_VALUE', '')}', status {cells.get('OBS_STATUS', 'not given')}")
        return
    # "A" means a normal value; everything else is kept as published, in the order of the message
    flags = [cells[s] for s in _STATUS if cells.get(s) not in (None, "", "A")]
    out.add(Row(unit_id(place), name, year, source, vintage, value, ",".join(flags) or None, _unit(cells, source, name)))


def _unit(cells: dict[str, str], source: str, name: str) -> str | None:
    """Unit of measure with its power of ten, as the message gives it; else what the registry knows."""
    unit = cells.get("UNIT_MEASURE") or cells.get("UNIT")
    if not unit:
        known = measure(source, name)
        return known.unit_of_measure if known else None
    power = cells.get("UNIT_MULT") or cells.get("POWERCODE") or "0"
    currency = cells.get("CURRENCY", "_Z")
    parts = [unit] + ([currency] if currency not in ("_Z", "", unit) and not unit.startswith(currency) else [])
    return " ".join(parts) + (f" x10^{power}" if power not in ("0", "") else "")
