"""SDMX-ML data messages, streamed: structure-specific (2.0, 2.1 and 3.0) and generic (2.0 and 2.1).

The general SDMX library refuses these messages because they come without their structure definition (tested with sdmx1 2.28); names
that :mod:`codes` knows are enough for series of countries by year. Attributes count at every level: data set, group, series and
observation.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from armillary.core import guarded
from armillary.errors import InputError
from armillary.sources.series import codes
from armillary.sources.series.observations import Origin, SeriesKey, keep, series_of
from armillary.sources.series.rows import UNDATED, SeriesFile
from armillary.sources.series.sdmx_groups import Groups

Cells = dict[str, str]
_STRUCTURES = (
    re.compile(r"Dataflow=([^:\s]+:[^:}\s]+)"),
    re.compile(r"DataStructure=([^:\s]+:[^:}\s]+)"),
    re.compile(r"GetKeyFamily/([^}\s]+)"),
)
_NOT_FILE = re.compile(r"([_ -]v\d+| ?\(\d+\))+$", re.IGNORECASE)
_DELETED = "?deleted"
"""Marks an observation of a data set that deletes what it holds."""
_ALL = ("AllDimensions", "TIME_PERIOD", "")


def looks_like(head: bytes) -> bool:
    """Whether the first bytes are those of an SDMX-ML message."""
    plain = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    return plain.startswith(b"<") and b"sdmx" in plain.lower()


def read(path: Path, *, source: str | None = None, vintage: str | None = None, indicator: str | None = None) -> SeriesFile:
    """All annual observations of a message. A message that is not well formed is refused as a whole."""
    out = SeriesFile(path, "sdmx")
    message = _Message()
    try:
        found = list(message.observations(guarded.xml_events(path)))
    except InputError as error:
        return out.refused("malformed-xml", error.what)
    if not found:
        return out.refused("no-observations", "the message holds no observations" + (f": {message.said}" if message.said else ""))
    made = source or message.structure or message.dataset or path.stem
    base = codes.dataset(message.structure) if message.structure else message.dataset or _NOT_FILE.sub("", path.name.split(".")[0])
    origin = Origin(made, vintage or message.prepared[:10] or UNDATED, base, indicator)
    out.used |= {"indicator"}
    free = _free_texts(found)
    own = {message.over, *codes.UNITS, *codes.UNIT_OF_MEASURE, *codes.MULTIPLIER, "CURRENCY"} - set(codes.TIMES)
    known: dict[tuple[int, tuple[str, ...]], SeriesKey] = {}
    for number, (key, cells) in enumerate(found, start=1):
        if cells.pop(_DELETED, None):
            out.records += 1
            out.reject(number, "deleted", f"{codes.first_of(key | cells, codes.UNITS)[1]} {codes.first_of(cells, codes.TIMES)[1]}")
            continue
        # observations of a series add attributes to its key; only what they go over, and units of measure, tell them apart
        mine = {k: v for k, v in cells.items() if k in own} if key else cells
        at = (id(key), tuple(mine.values()))
        series = known.get(at)
        if series is None:
            series = series_of(key | mine, origin, free)
            if key:
                known[at] = series
        when = codes.first_of(cells, codes.TIMES)[1] or codes.first_of(key, codes.TIMES)[1]
        keep(out, number, series, when, cells.get("OBS_VALUE", ""), [cells[s] for s in codes.STATUS if cells.get(s)], origin)
    return out


def _free_texts(found: list[tuple[Cells, Cells]]) -> frozenset[str]:
    """Names whose values are sentences: attributes that the vocabulary does not know."""
    seen = [*{id(k): k for k, _ in found}.values(), *(c for k, c in found if not k)]
    texts = {name for cells in seen for name, value in cells.items() if not codes.is_code(value)}
    return frozenset(texts - set(codes.UNITS) - set(codes.MEASURES) - codes.ALWAYS)


@dataclass(slots=True)
class _Message:
    """What the header said, and the state of reading: cells of the data set, of groups and of the series at hand."""

    structure: str = ""
    dataset: str = ""
    prepared: str = ""
    said: str = ""
    over: str = "TIME_PERIOD"
    """The dimension that observations of a series go over (``dimensionAtObservation``)."""
    common: Cells = field(default_factory=dict)
    groups: Groups = field(default_factory=Groups)
    is_deletion: bool = False
    _given: list[Cells] = field(default_factory=list)
    """Series (or observations without one) of the data set at hand, which groups behind them may still say something of."""
    _late: bool = False

    def observations(self, events: Iterable[tuple[str, ET.Element]]) -> Iterator[tuple[Cells, Cells]]:
        """Cells of the series (one object a series) and cells of the observation, in the order of the message."""
        open_: list[ET.Element] = []
        series: Cells = {}
        nested: list[Cells] = []  # 2.0: series inside their group
        values: Cells = {}
        obs: Cells = {}
        inside = has_series = False
        for event, node in events:
            tag = _name(node.tag)
            if event == "start":
                open_.append(node)
                if tag == "DataSet":
                    self._dataset(node)
                elif tag == "Series":
                    series, has_series = self._whole(_cells(node.attrib), nested), True
                elif tag == "Obs":
                    obs, values, inside = {}, {}, True
                elif tag in ("Structure", "KeyFamilyRef", "Ref") and len(open_) < 6:
                    self._header(node)
                continue
            open_.pop()
            if tag == "Value" and "value" in node.attrib:
                values[(node.get("id") or node.get("concept") or "").upper()] = node.get("value") or ""
            elif tag == "SeriesKey":
                series, values = self._whole(values, nested), {}
            elif tag == "GroupKey":
                nested, values = [*nested, values], {}
            elif tag == "Attributes" and not inside:
                if any(_name(n.tag) == "Series" for n in open_):
                    series = series | values
                elif any(_name(n.tag) == "Group" for n in open_) and nested:
                    nested = [nested[-1] | values]
                else:
                    self.common |= values
                values = {}
            elif tag in ("ObsDimension", "Time"):
                at = (node.get("id") or self.over).upper()
                obs["TIME_PERIOD" if at in ("TIME", "ALLDIMENSIONS", "") else at] = node.get("value") or (node.text or "")
            elif tag == "ObsValue":
                obs["OBS_VALUE"] = node.get("value") or ""
            elif tag == "Comp" and inside:  # 3.0: an attribute or measure that has a type of its own
                obs[(node.get("id") or "").upper()] = "".join(node.itertext()).strip()
            elif tag == "Obs":
                in_series = any(_name(n.tag) == "Series" for n in open_)
                cells = {**values, **obs, **_cells(node.attrib)}
                if not in_series:
                    cells = self._whole(cells, [])
                if self.is_deletion:
                    cells[_DELETED] = "1"
                mine = series if in_series else cells
                if not self._given or self._given[-1] is not mine:
                    self._given.append(mine)
                yield (series if in_series else {}), cells
                inside, values = False, {}
            elif tag == "Series":
                series, values = {}, {}
            elif tag.endswith("Group") or tag == "Atts":
                self._late |= bool(self._given)
                if node.attrib:
                    self.groups.add(_cells(node.attrib))
                for group in nested if not has_series else ():
                    self.groups.add(group)
                nested, has_series = [], False
            elif tag == "DataSet":
                for cells in self._given if self._late else ():
                    cells |= self.groups.of(cells) | cells
                self._given, self._late = [], False
            elif tag in ("Prepared", "DataSetID"):
                self._text(tag, (node.text or "").strip())
            elif tag in ("Text", "ErrorMessage") and not inside:
                self.said = self.said or " ".join((node.text or "").split())[:150]
            if open_ and tag in ("Obs", "Series", "Group", "Atts"):
                open_[-1].remove(node)

    def _whole(self, cells: Cells, nested: list[Cells]) -> Cells:
        """Cells of a series with what its groups and the data set say of it; the nearest counts."""
        said = self.common | self.groups.of(cells)
        for group in nested:
            said |= group
        return said | cells

    def _dataset(self, node: ET.Element) -> None:
        self.structure = self.structure or _structure(node)
        own = {k: v for k, v in _cells(node.attrib).items() if k in (*codes.MULTIPLIER, *codes.UNIT_OF_MEASURE, "CURRENCY", "FREQ")}
        self.common, self.groups = own, Groups()
        self.is_deletion = any(k.rpartition("}")[2].lower() == "action" and v.lower() in ("delete", "d") for k, v in node.attrib.items())

    def _header(self, node: ET.Element) -> None:
        at = node.get("dimensionAtObservation")
        if at:
            self.over = "TIME_PERIOD" if at in _ALL else at.upper()
        if node.get("agencyID") and node.get("id") and not self.structure:
            version = node.get("version")
            self.structure = f"{node.get('agencyID')}:{node.get('id')}" + (f"({version})" if version else "")
        named = _structure(node)
        if named and not self.structure:
            self.structure = named

    def _text(self, tag: str, text: str) -> None:
        if tag == "Prepared":
            self.prepared = self.prepared or text
        else:
            self.dataset = self.dataset or text


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _cells(attributes: dict[str, str]) -> Cells:
    """Attributes of a data element in capitals; those with a namespace (``xsi:type``, ``ss:dataScope``) belong to XML."""
    return {k.upper(): v.strip() for k, v in attributes.items() if "}" not in k}


def _structure(node: ET.Element) -> str:
    """``OECD.STI.STP:DSD_SBRD(1.2)`` from the names of the data set, as the message writes it."""
    text = " ".join([node.tag, *node.attrib.values()])
    return next((m.group(1) for p in _STRUCTURES if (m := p.search(text))), "")
