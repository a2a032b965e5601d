"""The one way in for files that others made: JSON, TOML, CSV, XML, Parquet, XLSX, zip and gzip.

Whatever a file holds, reading it here ends in its content or in one :class:`~armillary.errors.InputError` that names the file, the place
and what to do; memory and time are bounded by :class:`Limits`, and each limit is named where it is met and can be raised
(``armillary --limit NAME=N``, the variable ``ARMILLARY_LIMITS``, or :func:`raised`).

>>> guarded.read_toml(path, error=SpecError)  # a specification
>>> for number, row in guarded.csv_rows(path, needed=("code", "name")): ...
>>> with guarded.open_binary(path) as stream: ...  # plain, .gz, or the one member of a .zip; checked to the last byte
>>> with guarded.faults(path): ...  # a library reads the file: what it raises becomes one line
"""

from armillary.core.guarded.csv_files import csv_rows
from armillary.core.guarded.documents import json_lines, parse_json, parse_toml, read_json, read_toml
from armillary.core.guarded.faults import faults
from armillary.core.guarded.files import parse_text, read_bytes, read_text, regular
from armillary.core.guarded.limits import Limits, allowed, limits, parse_limits, raised
from armillary.core.guarded.packed import members, open_binary, plain_file
from armillary.core.guarded.tables import check_packing, parquet_file, parquet_table, table, workbook
from armillary.core.guarded.xml_files import xml_events

__all__ = [
    "Limits",
    "allowed",
    "check_packing",
    "csv_rows",
    "faults",
    "json_lines",
    "limits",
    "members",
    "open_binary",
    "parquet_file",
    "parquet_table",
    "parse_json",
    "parse_limits",
    "parse_text",
    "parse_toml",
    "plain_file",
    "raised",
    "read_bytes",
    "read_json",
    "read_text",
    "read_toml",
    "regular",
    "table",
    "workbook",
    "xml_events",
]
