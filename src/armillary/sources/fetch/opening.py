"""A remote file that is opened like a path. It stands above the streams and ranges that it hands out, so that neither needs to know it."""

from __future__ import annotations

from typing import BinaryIO, cast

from armillary.sources.fetch.ranges import RangeFile
from armillary.sources.fetch.reading import RemoteBytes
from armillary.sources.fetch.streams import StreamFile


class RemoteFile(RemoteBytes):
    """An address with the few things of a path that a reader uses: ``name``, ``suffix``, ``stat()``, ``open()``, ``read_bytes()``."""

    def open(self, mode: str = "rb") -> BinaryIO:
        """A stream from the beginning; of a Parquet file, one that can be sought in and that asks for the ranges that are read."""
        made = RangeFile(self) if self.suffix == ".parquet" else StreamFile(self)
        return cast(BinaryIO, made)

    def read_bytes(self) -> bytes:
        """The whole (small) file."""
        with StreamFile(self) as file:
            return file.readall()
