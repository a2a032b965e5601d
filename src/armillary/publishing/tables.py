"""A table to be published: its rows in kinds that every format knows, its file, and where it comes from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from armillary.core.fields import FIELDS
from armillary.core.tabular import csv_text

MEANINGS = {
    "rank": "Place by value; ties share it; empty: not ranked",
    "unit_id": "Id of the unit; empty: what could not be assigned",
    "name": "Name of the unit",
    "value": "The measure, unrounded",
    "count": "Records behind the value",
    "flag": "The publisher's mark of the value",
    "is_aggregate": "A group of units, shown apart and never ranked",
    "period": "The period the row is of",
}
"""What the columns of results mean; those of core tables are in :data:`armillary.core.fields.FIELDS`."""


@dataclass(frozen=True)
class Attribution:
    """Who publishes something and under which terms; ``licence`` is the publisher's own wording."""

    title: str
    publisher: str = ""
    address: str = ""
    vintage: str = ""
    licence: str = ""

    @property
    def licence_id(self) -> str | None:
        """The SPDX id where the wording names exactly one licence known to us."""
        known = {"CC0": "CC0-1.0", "CC BY 4.0": "CC-BY-4.0", "CC BY-SA 4.0": "CC-BY-SA-4.0", "Apache-2.0": "Apache-2.0"}
        found = [v for k, v in known.items() if re.search(rf"{re.escape(k)}(?![\w-])", self.licence)]
        return found[0] if len(found) == 1 else None

    @property
    def licence_address(self) -> str:
        """Where the terms stand: of a known licence, else at the publisher."""
        return f"https://spdx.org/licenses/{self.licence_id}.html" if self.licence_id else self.address


@dataclass(frozen=True)
class Sheet:
    """One table under a file name; ``origins`` say where its rows come from, ``meanings`` what its columns mean."""

    name: str
    title: str
    arrow: pa.Table
    origins: tuple[Attribution, ...] = ()
    note: str = ""
    meanings: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Its file in a package."""
        return f"data/{slug(self.name)}.csv"

    @property
    def rows(self) -> pa.Table:
        """The rows with kinds that CSV can hold; what is not a number is unknown."""
        return pa.table({n: _plain(c) for n, c in zip(self.arrow.column_names, self.arrow.columns, strict=True)})

    def text(self) -> bytes:
        """The file: CSV, UTF-8, full precision, unknown is empty."""
        return csv_text(self.rows).encode()

    def columns(self) -> list[tuple[str, str, str]]:
        """Name, kind (integer, number, boolean, date, string) and meaning of each column."""
        return [(f.name, kind(f.type), self._meaning(f.name)) for f in self.rows.schema]

    def _meaning(self, name: str) -> str:
        if name in self.meanings:
            return self.meanings[name]
        return MEANINGS.get(name) or (FIELDS[name].meaning if name in FIELDS else "")


@dataclass(frozen=True)
class PackedFile:
    """One written file: its path in the package, its size and its hash."""

    path: str
    media: str
    bytes_n: int
    sha256: str


@dataclass(frozen=True)
class Package:
    """Tables under one title. ``version`` says which data they are; ``date`` (ISO) is that of the data, where it is known."""

    name: str
    title: str
    description: str
    sheets: tuple[Sheet, ...]
    version: str
    date: str = ""

    @property
    def origins(self) -> list[Attribution]:
        """Every source once, in order of the tables."""
        return list(dict.fromkeys(o for s in self.sheets for o in s.origins))


def kind(type_: pa.DataType) -> str:
    """The kind of a column, in the words of Table Schema."""
    if pa.types.is_boolean(type_):
        return "boolean"
    if pa.types.is_integer(type_):
        return "integer"
    if pa.types.is_floating(type_) or pa.types.is_decimal(type_):
        return "number"
    return "date" if pa.types.is_date(type_) else "string"


def slug(name: str) -> str:
    """A name that is a file on every system and a name in every metadata format."""
    return re.sub(r"[^a-z0-9.]+", "-", name.casefold()).strip("-.")[:80] or "table"


def sha256(data: bytes) -> str:
    """The hash of a file, as all formats here give it."""
    return hashlib.sha256(data).hexdigest()


def _plain(column: pa.ChunkedArray) -> Any:
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    if pa.types.is_nested(column.type):
        texts = [None if v is None else "; ".join(map(str, v)) if isinstance(v, list) else str(v) for v in column.to_pylist()]
        return pa.array(texts, pa.string())
    return column
