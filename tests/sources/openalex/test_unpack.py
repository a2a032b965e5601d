"""What is packed comes out whole, in pieces of bounded size, however it was packed and in whatever blocks it is read."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from armillary.sources.openalex import unpack

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda b: gzip.compress(b, 1),
    "bzip2": bz2.compress,
    "xz": lambda b: lzma.compress(b, preset=0),
    "gzip twice": lambda b: gzip.compress(gzip.compress(b, 1), 1),
    "gzip in two members": lambda b: gzip.compress(b[: len(b) // 2], 1) + gzip.compress(b[len(b) // 2 :], 1),
}


def out(packed: bytes, block: int) -> list[bytes]:
    blocks = (packed[i : i + block] for i in range(0, len(packed), block))
    return list(unpack.text(blocks, Path("x")))


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize("size", [0, 1, unpack.PIECE - 1, unpack.PIECE, unpack.PIECE + 1, 3 * unpack.PIECE])
def test_what_expands_much_comes_in_pieces(name: str, size: int) -> None:
    pieces = out(PACKERS[name](b"a" * size), 128 * 1024)
    assert sum(map(len, pieces)) == size and max(map(len, pieces), default=0) <= unpack.PIECE
    assert set(b"".join(pieces)) <= {ord("a")}


@pytest.mark.parametrize("name", PACKERS)
def test_what_does_not_expand_is_whole(name: str) -> None:
    """bzip2 takes 900,000 bytes before it gives the first: that is not the end of the file."""
    data = random.Random(1).randbytes(1_200_000)
    assert b"".join(out(PACKERS[name](data), 128 * 1024)) == data
