"""Lists of ids as OpenAlex publishes them (merged, deleted): tens of millions of rows, read as Arrow batches of text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from armillary.errors import InputError
from armillary.sources.fetch.opening import RemoteFile
from armillary.sources.openalex.contents import is_parquet, separator_of
from armillary.sources.openalex.lines import Lines
from armillary.sources.openalex.unpack import Pulled

LETTERS = {"works": "W", "authors": "A", "institutions": "I", "sources": "SV", "topics": "T"}
"""Letters that an id of an entity may begin with."""
ROWS = 1_000_000


def batches(path: Path | RemoteFile, kind: str) -> Iterator[pa.RecordBatch]:
    """Rows of a list, all text; :class:`~armillary.errors.InputError` that says ``kind`` (``deleted``) if it cannot be read."""
    try:
        if is_parquet(path):
            yield from pq.ParquetFile(path).iter_batches(ROWS)
            return
        lines = Lines(path)
        _, first = next(iter(lines))
        options = pcsv.ConvertOptions(default_column_type=pa.string(), strings_can_be_null=True)
        parsing = pcsv.ParseOptions(delimiter=separator_of(first[0] or b""))
        rows = pcsv.open_csv(pa.PythonFile(Pulled(lines.blocks()), mode="r"), parse_options=parsing, convert_options=options)
        yield pa.RecordBatch.from_pylist([], schema=rows.schema)  # so that the header of a list without rows is looked at too
        yield from rows
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:
        raise unreadable(path, kind, error) from error


def names(batch: pa.RecordBatch, path: Path | RemoteFile, kind: str) -> list[str]:
    """Names of the columns in small letters."""
    try:
        return [name.strip().strip('"').lower() for name in batch.schema.names]
    except UnicodeDecodeError as error:  # Arrow checks the text of cells and not that of names
        raise unreadable(path, kind, error) from error


def unreadable(path: Path | RemoteFile, kind: str, error: Exception) -> InputError:
    """What to say of a list that cannot be read."""
    what = f"the list of {kind} ids cannot be read ({' '.join(str(error).split())[:120]})"
    return InputError(what, where=path, fix="download it again")
