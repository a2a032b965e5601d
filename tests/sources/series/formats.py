"""One small table of observations, written in each of the formats that statistical offices serve it in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import quoteattr

Observation = dict[str, str]
"""Dimensions, ``TIME_PERIOD``, ``OBS_VALUE`` and attributes, by SDMX name."""
DIMENSIONS = ("REF_AREA", "FREQ", "MEASURE", "UNIT_MEASURE", "PRICE_BASE", "TRANSFORMATION")
AT_SERIES = ("UNIT_MULT", "DECIMALS")
AT_OBS = ("OBS_STATUS",)
STRUCTURE = "OECD.STI.STP:DSD_MSTI@DF_MSTI(1.3)"
PREPARED = "2026-03-18T09:00:00"
_V21, _V30 = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1", "http://www.sdmx.org/resources/sdmxml/schemas/v3_0"


def observation(area: str, measure: str, unit: str, year: object, value: object, **more: str) -> Observation:
    """One observation of main science and technology indicators."""
    plain = {"FREQ": "A", "PRICE_BASE": "_Z", "TRANSFORMATION": "_Z", "UNIT_MULT": "0", "DECIMALS": "2", "OBS_STATUS": "A"}
    given = {"REF_AREA": area, "MEASURE": measure, "UNIT_MEASURE": unit, "TIME_PERIOD": str(year), "OBS_VALUE": str(value)}
    return plain | given | more


MSTI = [
    observation("CHN", "G", "PT_B1GQ", 2022, 2.5549, OBS_STATUS="E"),
    observation("CHN", "G", "PT_B1GQ", 2023, 2.5765),
    observation("CHN", "G", "USD_PPP", 2023, 917100.2, UNIT_MULT="6"),
    observation("CHN", "G", "USD_PPP", 2023, 801300.1, UNIT_MULT="6", PRICE_BASE="Q"),
    observation("CHN", "G", "USD_PPP", 2023, 8.7, UNIT_MULT="0", PRICE_BASE="Q", TRANSFORMATION="G1", OBS_STATUS="B"),
    observation("EU27_2020", "G", "PT_B1GQ", 2023, 2.1346, OBS_STATUS="P"),
    observation("ISR", "G", "PT_B1GQ", 2023, 6.3458),
    observation("KOR", "G", "PT_B1GQ", 2023, 4.9413),
    observation("KOR", "T_RS", "FTE", 2023, 490.4, UNIT_MULT="3"),
]
EXPECTED = {
    ("CN", "G:UNIT_MEASURE=PT_B1GQ", 2022): (2.5549, "E", "PT_B1GQ", 0),
    ("CN", "G:UNIT_MEASURE=PT_B1GQ", 2023): (2.5765, None, "PT_B1GQ", 0),
    ("CN", "G:UNIT_MEASURE=USD_PPP", 2023): (917100.2, None, "USD_PPP", 6),
    ("CN", "G:PRICE_BASE=Q,UNIT_MEASURE=USD_PPP", 2023): (801300.1, None, "USD_PPP", 6),
    ("CN", "G:PRICE_BASE=Q,TRANSFORMATION=G1,UNIT_MEASURE=USD_PPP", 2023): (8.7, "B", "USD_PPP", 0),
    ("EU27_2020", "G:UNIT_MEASURE=PT_B1GQ", 2023): (2.1346, "P", "PT_B1GQ", 0),
    ("IL", "G:UNIT_MEASURE=PT_B1GQ", 2023): (6.3458, None, "PT_B1GQ", 0),
    ("KR", "G:UNIT_MEASURE=PT_B1GQ", 2023): (4.9413, None, "PT_B1GQ", 0),
    ("KR", "T_RS:UNIT_MEASURE=FTE", 2023): (490.4, None, "FTE", 3),
}


def _attributes(cells: Mapping[str, str]) -> str:
    return "".join(f" {k}={quoteattr(v)}" for k, v in cells.items() if v != "")


def _series(observations: Iterable[Observation]) -> dict[tuple[str, ...], list[Observation]]:
    found: dict[tuple[str, ...], list[Observation]] = {}
    for o in observations:
        found.setdefault(tuple(o[n] for n in (*DIMENSIONS, *AT_SERIES)), []).append(o)
    return found


def structure_specific(observations: list[Observation], *, version: str = "2.1", flat: bool = False, groups: bool = False) -> str:
    """A structure-specific message, by series or flat; with the multiplier at the series or at groups."""
    base = _V21 if version == "2.1" else _V30
    over = "AllDimensions" if flat else "TIME_PERIOD"
    urn = f"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow={STRUCTURE}:ObsLevelDim:{over}"
    body = []
    if flat:
        body = [f"<Obs{_attributes(o)}/>" for o in observations]
    else:
        for key, mine in _series(observations).items():
            cells = dict(zip((*DIMENSIONS, *AT_SERIES), key, strict=True))
            own = {k: v for k, v in cells.items() if not (groups and k in AT_SERIES)}
            if groups:
                group = {k: v for k, v in cells.items() if k not in ("FREQ",)}
                body.insert(0, f'<ns1:Group xsi:type="ns1:Sibling"{_attributes(group)}/>')
            obs = "".join(f"<ns1:Obs{_attributes({k: o[k] for k in ('TIME_PERIOD', 'OBS_VALUE', *AT_OBS)})}/>" for o in mine)
            body.append(f"<ns1:Series{_attributes(own)}>{obs}</ns1:Series>")
    return (
        f'<?xml version="1.0" encoding="utf-8"?><message:StructureSpecificData xmlns:message="{base}/message" xmlns:common="{base}/common"'
        f' xmlns:ss="{base}/data/structurespecific" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:ns1="{urn}">'
        f'<message:Header><message:ID>IREF1</message:ID><message:Prepared>{PREPARED}</message:Prepared><message:Sender id="OECD"/>'
        f'<message:Structure structureID="S" namespace="{urn}" dimensionAtObservation="{over}"><common:StructureUsage>'
        f'<Ref agencyID="OECD.STI.STP" id="DSD_MSTI@DF_MSTI" version="1.3"/></common:StructureUsage></message:Structure></message:Header>'
        f'<message:DataSet ss:structureRef="S" xsi:type="ns1:DataSetType" ss:dataScope="DataStructure" action="Information">{"".join(body)}'
        "</message:DataSet></message:StructureSpecificData>"
    )


def generic(observations: list[Observation], *, flat: bool = False) -> str:
    """A generic message of SDMX 2.1, by series or flat."""

    def values(cells: Mapping[str, str]) -> str:
        return "".join(f'<generic:Value id="{k}" value={quoteattr(v)}/>' for k, v in cells.items() if v != "")

    body = []
    if flat:
        for o in observations:
            key, attributes = {k: o[k] for k in (*DIMENSIONS, "TIME_PERIOD")}, {k: o[k] for k in (*AT_SERIES, *AT_OBS)}
            value = f'<generic:ObsValue value="{o["OBS_VALUE"]}"/>' if o["OBS_VALUE"] else ""
            body.append(
                f"<generic:Obs><generic:ObsKey>{values(key)}</generic:ObsKey>{value}<generic:Attributes>{values(attributes)}"
                "</generic:Attributes></generic:Obs>"
            )
    else:
        for key_values, mine in _series(observations).items():
            cells = dict(zip((*DIMENSIONS, *AT_SERIES), key_values, strict=True))
            obs = ""
            for o in mine:
                value = f'<generic:ObsValue value="{o["OBS_VALUE"]}"/>' if o["OBS_VALUE"] else ""
                attributes = values({k: o[k] for k in AT_OBS})
                obs += (
                    f'<generic:Obs><generic:ObsDimension value="{o["TIME_PERIOD"]}"/>{value}<generic:Attributes>{attributes}'
                    "</generic:Attributes></generic:Obs>"
                )
            body.append(
                f"<generic:Series><generic:SeriesKey>{values({k: cells[k] for k in DIMENSIONS})}</generic:SeriesKey><generic:Attributes>"
                f"{values({k: cells[k] for k in AT_SERIES})}</generic:Attributes>{obs}</generic:Series>"
            )
    over = "AllDimensions" if flat else "TIME_PERIOD"
    return (
        f'<?xml version="1.0"?><message:GenericData xmlns:message="{_V21}/message" xmlns:generic="{_V21}/data/generic"'
        f' xmlns:common="{_V21}/common">'
        f'<message:Header><message:ID>x</message:ID><message:Prepared>{PREPARED}</message:Prepared><message:Structure structureID="S"'
        f' dimensionAtObservation="{over}"><common:StructureUsage><Ref agencyID="OECD.STI.STP" id="DSD_MSTI@DF_MSTI" version="1.3"/>'
        f"</common:StructureUsage></message:Structure></message:Header>"
        f'<message:DataSet structureRef="S">{"".join(body)}</message:DataSet></message:GenericData>'
    )


LABELS = {
    "REF_AREA": "Reference area",
    "FREQ": "Frequency of observation",
    "MEASURE": "Measure",
    "UNIT_MEASURE": "Unit of measure",
    "PRICE_BASE": "Price base",
    "TRANSFORMATION": "Transformation",
    "TIME_PERIOD": "Time period",
    "OBS_VALUE": "Observation value",
    "OBS_STATUS": "Observation status",
    "UNIT_MULT": "Unit multiplier",
    "DECIMALS": "Decimals",
}


def sdmx_csv(observations: list[Observation], *, labels: str = "id", version: str = "2.0", separator: str = ",") -> str:
    """SDMX-CSV: codes, codes with names beside them (``name``), or ``code: name`` in one cell (``both``)."""
    out = io.StringIO()
    write = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    columns = (*DIMENSIONS, "TIME_PERIOD", "OBS_VALUE", *AT_OBS, *AT_SERIES)
    if version == "1.0":
        head, lead = ["DATAFLOW"], [STRUCTURE]
    else:
        head, lead = ["STRUCTURE", "STRUCTURE_ID", "ACTION"], ["DATAFLOW", STRUCTURE, "I"]
        if labels == "name":
            head.insert(2, "STRUCTURE_NAME")
            lead.insert(2, "Main Science and Technology Indicators, MSTI")
    cells = {c: [c] if labels == "id" else [f"{c}: {LABELS[c]}"] if labels == "both" else [c, LABELS[c]] for c in columns}
    write.writerow([*head, *(x for c in columns for x in cells[c])])
    for o in observations:
        row: list[str] = []
        for c in columns:
            said = "" if c in ("OBS_VALUE", "TIME_PERIOD") else f"name of {o[c]}"
            row += [o[c]] if labels == "id" else [f"{o[c]}: {said}" if said and o[c] else o[c]] if labels == "both" else [o[c], said]
        write.writerow([*lead, *row])
    return out.getvalue()


def eurostat_tsv(rows: list[tuple[str, dict[str, str]]], dimensions: str, years: list[str]) -> str:
    r"""Eurostat's table: packed keys, cells as they are (``2.30 b``, ``: ``)."""
    lines = [f"{dimensions}\\TIME_PERIOD\t" + "\t".join(f"{y} " for y in years)]
    lines += [key + "\t" + "\t".join(cells.get(y, ": ") for y in years) for key, cells in rows]
    return "\n".join(lines) + "\n"
