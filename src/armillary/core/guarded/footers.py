"""Where the column chunks of a Parquet file lie and how large they are.

Asked of DuckDB: where a footer is damaged, pyarrow's object for a column chunk does not raise, it ends the process.
"""

from __future__ import annotations

import os
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

_CONNECTIONS: dict[int, duckdb.DuckDBPyConnection] = {}
"""One a process: a connection does not outlive a fork."""
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A column chunk: ``column`` counts leaves, sizes and places in bytes; ``start`` is its first page."""

    group: int
    column: int
    type: str
    values: int
    packed: int
    unpacked: int
    start: int


def chunks(metadata: pq.FileMetaData) -> list[Chunk]:
    """All column chunks, row group by row group; :class:`pyarrow.ArrowInvalid` if the footer makes no sense."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "footer.parquet"
        metadata.write_metadata_file(path)
        try:
            with _connection().cursor() as con:
                rows = con.execute(
                    "SELECT row_group_id, column_id, type, num_values, total_compressed_size, total_uncompressed_size, "
                    "coalesce(least(data_page_offset, nullif(dictionary_page_offset, 0)), data_page_offset, 0) "
                    "FROM parquet_metadata(?) ORDER BY 1, 2",
                    [str(path)],
                ).fetchall()
        except duckdb.Error as error:
            raise pa.ArrowInvalid(f"the footer is damaged ({' '.join(str(error).split())[:120]})") from None
    found = [Chunk(*(int(v) if n != 2 else str(v) for n, v in enumerate(row))) for row in rows]  # type: ignore[arg-type]
    if len(found) != metadata.num_row_groups * metadata.num_columns or any(c.packed < 0 or c.start < 0 for c in found):
        raise pa.ArrowInvalid("the footer is damaged: its column chunks make no sense")
    return found


def _connection() -> duckdb.DuckDBPyConnection:
    with _LOCK:
        if os.getpid() not in _CONNECTIONS:
            _CONNECTIONS[os.getpid()] = duckdb.connect(config={"threads": 1})
        return _CONNECTIONS[os.getpid()]
