"""A remote Parquet file of which only the wanted column chunks cross the network: neighbours together, several at a time, one row group
ahead.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pyarrow.parquet as pq

from armillary.core.guarded import footers
from armillary.errors import InputError
from armillary.sources.fetch.reading import RemoteBytes

CONNECTIONS = 4
"""Ranges asked for at a time."""
AHEAD = 64 * 2**20
"""The next row group is asked for while this one is at work, if its wanted bytes are not more than this."""
LONGEST = 16 * 2**20
"""Neighbours are asked for together up to this length."""
WASTE = 0.03
"""Part of a row group's wanted bytes that may come unwanted between neighbours."""
_TAIL = 2**15
_FOOTER = 2**28

Range = tuple[int, int]


class _Block:
    """A range that is asked for as a whole; ``left`` are its wanted bytes that nobody has read yet."""

    def __init__(self, start: int, stop: int, group: int, left: int) -> None:
        self.start, self.stop, self.group, self.left = start, stop, group, left
        self.coming: Future[bytes] | None = None


class RangeFile(io.RawIOBase):
    """A remote file that can be sought in. Ranges that were announced come in blocks ahead of time; others when they are read."""

    def __init__(self, file: RemoteBytes) -> None:
        super().__init__()
        self._file = file
        self._at = 0
        self._size = file.stat().st_size
        self._blocks: list[_Block] = []
        self._starts: list[int] = []
        self._pool: ThreadPoolExecutor | None = None

    def announce(self, groups: Sequence[Sequence[Range]]) -> None:
        """What will be read, a list of ranges a row group; each once."""
        self._blocks = [block for g, ranges in enumerate(groups) for block in _together(ranges, g)]
        self._blocks.sort(key=lambda b: b.start)
        self._starts = [b.start for b in self._blocks]
        self._file.forget()

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """``size`` bytes from here on, fewer only at the end of the file."""
        stop = self._size if size < 0 else min(self._at + size, self._size)
        found = self._bytes(self._at, stop) if stop > self._at else b""
        self._at += len(found)
        return found

    def readall(self) -> bytes:
        """The rest."""
        return self.read(-1)

    def readinto(self, buffer: Any, /) -> int:
        """:meth:`read` into a buffer."""
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        """Nothing more is asked for."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
        self._blocks = []
        super().close()

    def footer(self) -> bytes:
        """The file's metadata with the eight bytes behind it; :class:`~armillary.errors.InputError` if this is no Parquet file."""
        if self._size < 12:
            raise _no_parquet(self._file, "too short")
        if not self._file.ending:
            guess = min(_TAIL, max(8, self._size // 32))
            self._file.ending = self._file.range(self._size - guess, self._size)
        tail = self._file.ending
        length = int.from_bytes(tail[-8:-4], "little") + 8
        if tail[-4:] != b"PAR1" or length > min(self._size - 4, _FOOTER):
            raise _no_parquet(self._file, "no footer at its end")
        if length > len(tail):
            tail = self._file.ending = self._file.range(self._size - length, self._size - len(tail)) + tail
        return tail[-length:]

    def _bytes(self, start: int, stop: int) -> bytes:
        block = self._block(start, stop)
        if block is not None:
            return self._taken(block, start, stop)
        if start >= self._size - _TAIL:  # somebody looks for the footer
            self.footer()
        tail = self._file.ending
        first = self._size - len(tail)
        if tail and start >= first:
            return tail[start - first : stop - first]
        return self._file.range(start, stop)

    def _block(self, start: int, stop: int) -> _Block | None:
        k = bisect_right(self._starts, start) - 1
        found = self._blocks[k] if k >= 0 else None
        return found if found is not None and found.left > 0 and stop <= found.stop else None

    def _taken(self, block: _Block, start: int, stop: int) -> bytes:
        self._ask(block.group)
        assert block.coming is not None
        content = block.coming.result()
        block.left -= stop - start
        if block.left <= 0:
            block.coming = None
        return content if len(content) == stop - start else content[start - block.start : stop - block.start]

    def _ask(self, group: int) -> None:
        """Ask for the blocks of a row group, and of the next one if that is small enough."""
        following = [b for b in self._blocks if b.group == group + 1]
        wanted = [b for b in self._blocks if b.group == group]
        if sum(b.stop - b.start for b in following) <= AHEAD:
            wanted += following
        for block in wanted:
            if block.coming is None and block.left > 0:
                self._pool = self._pool or ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="ranges")
                block.coming = self._pool.submit(self._file.range, block.start, block.stop)


class RemoteParquet(pq.ParquetFile):  # type: ignore[misc]  # pyarrow has no types
    """A remote Parquet file; :meth:`announce` first, then read row group by row group, in order."""

    def __init__(self, file: RemoteBytes) -> None:
        self.ranges = RangeFile(file)
        footer = self.ranges.footer()
        super().__init__(self.ranges, metadata=pq.read_metadata(io.BytesIO(b"PAR1" + footer)), pre_buffer=False)

    def announce(self, paths: Sequence[str]) -> None:
        """The leaves that will be read."""
        self.ranges.announce(chunks(self.metadata, set(paths)))


def chunks(metadata: Any, paths: set[str]) -> list[list[Range]]:
    """Where the chunks of the leaves ``paths`` are, a list a row group."""
    wanted = {k for k in range(metadata.num_columns) if metadata.schema.column(k).path in paths}
    found: list[list[Range]] = [[] for _ in range(metadata.num_row_groups)]
    for c in footers.chunks(metadata):
        if c.column in wanted:
            found[c.group].append((c.start, c.start + c.packed))
    return found


def _together(ranges: Sequence[Range], group: int) -> list[_Block]:
    """Blocks of neighbouring ranges: smallest gaps first, as long as the gaps are :data:`WASTE` of the ranges at most."""
    ordered = sorted(ranges)
    allowed = WASTE * sum(stop - start for start, stop in ordered)
    bridged = set()
    for gap, k in sorted((ordered[k + 1][0] - ordered[k][1], k) for k in range(len(ordered) - 1)):
        allowed -= max(0, gap)
        if allowed < 0:
            break
        bridged.add(k)
    blocks: list[_Block] = []
    for k, (start, stop) in enumerate(ordered):
        if blocks and k - 1 in bridged and stop - blocks[-1].start <= LONGEST:
            blocks[-1].stop = max(blocks[-1].stop, stop)
            blocks[-1].left += stop - start
        else:
            blocks.append(_Block(start, stop, group, stop - start))
    return blocks


def _no_parquet(file: RemoteBytes, why: str) -> InputError:
    return InputError(f"not a readable Parquet file ({why})", where=file, fix="check the address; the file may be damaged there")
