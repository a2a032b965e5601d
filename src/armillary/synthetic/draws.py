"""Random numbers as a pure function of (seed, purpose, keys).

Every draw of the synthetic world is a hash of what it is for, not the next number of a stream. So a work, an author or a patent is the same
whatever the chunk size, the number of processes or the order in which it is made, and any single record can be made alone.
The mixer is the finalizer of SplitMix64 (Steele, Lea & Flood 2014, public domain).
"""

from __future__ import annotations

import zlib
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

U64: TypeAlias = npt.NDArray[np.uint64]
F64: TypeAlias = npt.NDArray[np.float64]
I64: TypeAlias = npt.NDArray[np.int64]
I32: TypeAlias = npt.NDArray[np.int32]
I8: TypeAlias = npt.NDArray[np.int8]
Bool: TypeAlias = npt.NDArray[np.bool_]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_SCALE = 2.0**-53


def mix(x: U64) -> U64:
    """SplitMix64 finalizer of an array (a bijection of 64-bit words)."""
    z = x + _GAMMA
    z ^= z >> _S30
    z *= _M1
    z ^= z >> _S27
    z *= _M2
    z ^= z >> _S31
    return z


def _tag(purpose: str) -> int:
    raw = purpose.encode()
    return zlib.crc32(raw) << 32 | zlib.crc32(raw[::-1] + b"~")


class Randomness:
    """Draws of one seed. ``bits`` gives 64-bit words, ``unit`` numbers in [0, 1)."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._base: dict[str, np.uint64] = {}

    def _start(self, purpose: str) -> np.uint64:
        if purpose not in self._base:
            word = np.array([(self.seed * 0x9E3779B97F4A7C15 ^ _tag(purpose)) & 0xFFFFFFFFFFFFFFFF], dtype=np.uint64)
            self._base[purpose] = mix(word)[0]
        return self._base[purpose]

    def bits(self, purpose: str, *keys: npt.ArrayLike) -> U64:
        """One word for each element of the (broadcast) integer keys."""
        word: U64 = np.atleast_1d(np.asarray(keys[0])).astype(np.uint64) ^ self._start(purpose)
        word = mix(word)
        for key in keys[1:]:
            word = mix(word ^ (np.asarray(key).astype(np.uint64) * _GAMMA))
        return word

    def unit(self, purpose: str, *keys: npt.ArrayLike) -> F64:
        """Numbers in [0, 1), 53 bits each."""
        return to_unit(self.bits(purpose, *keys))

    def derive(self, word: U64, purpose: str) -> F64:
        """A further number in [0, 1) from words that ``bits`` gave: one mix a draw, for the inner loops."""
        return to_unit(mix(word ^ self._start(purpose)))


def to_unit(word: U64) -> F64:
    """The upper 53 bits as a number in [0, 1)."""
    return (word >> _S11).astype(np.float64) * _SCALE


def pick(cumulative: F64, u: F64) -> I64:
    """Index drawn from a cumulative distribution whose last element is its total (zero-weight entries are never drawn)."""
    found = np.searchsorted(cumulative, u * cumulative[-1], side="right")
    return np.asarray(np.minimum(found, len(cumulative) - 1))


class Categorical:
    """Draws from several discrete distributions at once: row ``r`` of ``weights`` is one distribution."""

    def __init__(self, weights: F64) -> None:
        table = np.atleast_2d(np.asarray(weights, dtype=np.float64))
        self.rows, self.columns = table.shape
        share = np.cumsum(table, axis=1)
        share /= share[:, -1:]
        share[:, -1] = 1.0
        self._flat: F64 = (share + np.arange(self.rows)[:, None]).ravel()

    def draw(self, u: F64, row: npt.ArrayLike = 0) -> I64:
        """One column index for each ``u`` from its ``row``."""
        at = np.asarray(row, dtype=np.int64)
        found = np.searchsorted(self._flat, u + at, side="right")
        return np.asarray(np.clip(found - at * self.columns, 0, self.columns - 1))


def ranges(counts: npt.NDArray[np.integer]) -> tuple[I64, I64]:
    """For group sizes: the group of each element and its place in the group (``[2, 1]`` gives ``[0, 0, 1], [0, 1, 0]``)."""
    total = int(counts.sum())
    group = np.repeat(np.arange(len(counts)), counts)
    start = np.cumsum(counts) - counts
    return group, np.arange(total) - np.repeat(start, counts)
