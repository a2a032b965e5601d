"""Damaged footers of Parquet files end in one line and never end the process; whole ones give what pyarrow gives."""

from __future__ import annotations

import contextlib
import io
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from armillary.core import guarded
from armillary.core.guarded import footers
from armillary.errors import InputError

FATAL = (143, 258, 417, 494, 693, 764, 1112, 1136)
"""Seeds of damages over which pyarrow 26 calls ``std::terminate`` when it makes the object of a column chunk."""


def table() -> pa.Table:
    return pa.table({"work_id": ["W1", None, "3"], "n": pa.array([1, 2, None], pa.int32()), "xs": [[1, 2], None, [3]]})


def damaged(seed: int) -> bytes:
    out = io.BytesIO()
    pq.write_table(table(), out, compression="none")
    data = bytearray(out.getvalue())
    start = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    draw = random.Random(seed)
    for _ in range(draw.randint(1, 2)):
        data[draw.randrange(start, len(data) - 8)] ^= 1 << draw.randrange(8)
    return bytes(data)


@pytest.mark.parametrize("seeds", [FATAL, range(60)], ids=["fatal", "others"])
def test_damaged_footers(tmp_path: Path, seeds: tuple[int, ...]) -> None:
    refused = 0
    for seed in seeds:
        path = tmp_path / f"{seed}.parquet"
        path.write_bytes(damaged(seed))
        try:
            guarded.parquet_table(path)
        except InputError as error:
            refused += 1
            assert "\n" not in error.line
        with contextlib.suppress(pa.ArrowException, OSError):
            footers.chunks(pq.ParquetFile(path).metadata)
    assert refused, "most damages are found"


def test_chunks_are_those_of_pyarrow(tmp_path: Path) -> None:
    path = tmp_path / "a [1]*.parquet"
    pq.write_table(pa.concat_tables([table()] * 40), path, row_group_size=50, use_dictionary=["work_id"])
    metadata = pq.ParquetFile(path).metadata
    told = []
    for g in range(metadata.num_row_groups):
        for k in range(metadata.num_columns):
            c = metadata.row_group(g).column(k)
            start = min(o for o in (c.dictionary_page_offset, c.data_page_offset) if o)
            told.append(footers.Chunk(g, k, c.physical_type, c.num_values, c.total_compressed_size, c.total_uncompressed_size, start))
    assert footers.chunks(metadata) == told
