"""Titles and abstracts as one array of word codes: the single pass over the text that all queries share."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from armillary.core.arrays import Ints
from armillary.counting.goals.language import MAX_DISTANCE, fold

_BORDER = "\x00"
_GLUED = re.compile(r"</?(?:sub|sup|i|b|em|italic|mml:[a-z]+)\b[^>]{0,80}>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,80}>")
_WORD = re.compile(r"[^\W_]+")
_VOCABULARY_LIMIT = 1_000_000


class Vocabulary(dict[str, int]):
    """What stands between two spaces -> a number for the words in it, as far as the patterns are concerned.

    Most pieces are one word that matches no pattern; ``low-carbon`` is two words. :attr:`sequences` holds the codes of each number: words
    with the same code match the same patterns, 0 matches none, -1 is the border of a segment. A piece is looked at once, however often it
    stands in the text; after a million different pieces the dictionary starts anew, while numbers and codes keep their meaning.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        """``patterns`` are folded words; one that ends in ``*`` stands for all words that begin so."""
        super().__init__()
        self._exact: dict[str, int] = {}
        self._prefixes: dict[int, dict[str, int]] = {}
        self.patterns = sorted(set(patterns))
        for number, pattern in enumerate(self.patterns):
            if pattern.endswith("*"):
                self._prefixes.setdefault(len(pattern) - 1, {})[pattern[:-1]] = number
            else:
                self._exact[pattern] = number
        self._codes: dict[tuple[int, ...], int] = {(): 0}
        self.codes_of: list[list[int]] = [[] for _ in self.patterns]
        self._sequence_numbers: dict[tuple[int, ...], int] = {(-1,): 0}
        self.sequences: list[tuple[int, ...]] = [(-1,)]
        self[_BORDER] = 0

    @property
    def n_codes(self) -> int:
        """Codes in use, 0 included."""
        return len(self._codes)

    def __missing__(self, piece: str) -> int:
        sequence = tuple(self._code(word) for word in _WORD.findall(fold(piece)))
        number = self._sequence_numbers.get(sequence)
        if number is None:
            number = self._sequence_numbers[sequence] = len(self.sequences)
            self.sequences.append(sequence)
        if len(self) > _VOCABULARY_LIMIT:
            self.clear()
            self[_BORDER] = 0
        self[piece] = number
        return number

    def _code(self, word: str) -> int:
        hits = [self._exact[word]] if word in self._exact else []
        for length, known in self._prefixes.items():
            number = known.get(word[:length])
            if number is not None:
                hits.append(number)
        key = tuple(sorted(hits))
        code = self._codes.get(key)
        if code is None:
            code = self._codes[key] = len(self._codes)
            for number in key:
                self.codes_of[number].append(code)
        return code


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """The words of a batch of documents in order.

    ``codes``: one code a word, -1 between segments. ``segment``: 2i for document i's title, 2i+1 for its abstract. ``places``: word
    positions in which different segments lie further apart than any NEAR reaches.
    """

    codes: Ints
    segment: Ints
    places: Ints
    n_documents: int


def clean(text: str | None) -> str:
    """Plain text: tags and entities removed (``CO<sub>2</sub>`` becomes CO2), no control characters that we use ourselves."""
    if not text:
        return ""
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub(" ", _GLUED.sub("", text))
    return text.replace(_BORDER, " ") if _BORDER in text else text


def tokenise(titles: Sequence[str | None], abstracts: Sequence[str | None], vocabulary: Vocabulary) -> TokenBatch:
    """The batch of these documents: split at spaces, one dictionary look-up a piece, the rest in NumPy."""
    parts = [clean(t) for pair in zip(titles, abstracts, strict=True) for t in pair]
    pieces = f" {_BORDER} ".join(parts).split()
    numbers = np.fromiter(map(vocabulary.__getitem__, pieces), dtype=np.int64, count=len(pieces))
    lengths = np.array([len(s) for s in vocabulary.sequences], dtype=np.int64)
    flat = np.array([c for s in vocabulary.sequences for c in s], dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    n_words = lengths[numbers]
    ends = np.cumsum(n_words)
    within = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - n_words, n_words)
    codes = flat[np.repeat(starts[numbers], n_words) + within]
    segment = np.cumsum(codes == -1)
    places = np.arange(len(codes)) + segment * (MAX_DISTANCE + 2)
    return TokenBatch(codes, segment, places, len(titles))
