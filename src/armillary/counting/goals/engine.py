"""Evaluate all queries on a batch at once: each phrase is located once, then everything is set algebra on arrays."""

from __future__ import annotations

import itertools

import numpy as np

from armillary.core.arrays import Bools, Ints
from armillary.counting.goals.language import AnyOf, Located, Near, Node, Not, Phrase, Placed, Salient, Title
from armillary.counting.goals.text import TokenBatch, Vocabulary

Spans = tuple[Ints, Ints]
"""First and last word of each occurrence (indices into the batch), sorted by the first, then the last."""


class Matcher:
    """Which documents of one batch match which query. Results of shared parts are kept for the life of the batch."""

    def __init__(self, batch: TokenBatch, vocabulary: Vocabulary) -> None:
        self._batch = batch
        self._vocabulary = vocabulary
        self._number = {p: i for i, p in enumerate(vocabulary.patterns)}
        self._spans: dict[Located, Spans] = {}
        self._docs: dict[Node, Bools] = {}
        useful = np.flatnonzero(batch.codes > 0)
        order = np.argsort(batch.codes[useful], kind="stable")
        self._by_code = useful[order]
        n_codes = vocabulary.n_codes
        self._starts = np.searchsorted(batch.codes[self._by_code], np.arange(n_codes + 1))

    def documents(self, node: Node) -> Bools:
        """One flag a document: does it match?"""
        found = self._docs.get(node)
        if found is None:
            found = self._docs[node] = self._evaluate(node)
        return found

    def _evaluate(self, node: Node) -> Bools:
        if isinstance(node, (Phrase, Title)):
            return self._holding(self.spans(node)[0])
        if isinstance(node, Near):
            return self._holding(self._near(node))
        if isinstance(node, Salient):
            return self._salient(self.places(node.inner))
        if isinstance(node, Not):
            return ~self.documents(node.inner)
        combine = np.logical_or if isinstance(node, AnyOf) else np.logical_and
        result = self.documents(node.parts[0]).copy()
        for part in node.parts[1:]:
            combine(result, self.documents(part), out=result)
        return result

    def spans(self, node: Located) -> Spans:
        """Where a word, phrase or OR of them stands."""
        found = self._spans.get(node)
        if found is None:
            if isinstance(node, Phrase):
                found = self._phrase(node)
            elif isinstance(node, Title):
                first, last = self.spans(node.inner)
                keep = self._batch.segment[first] % 2 == 0
                found = first[keep], last[keep]
            else:
                parts = [self.spans(p) for p in node.parts]  # type: ignore[arg-type]  # the parser lets only located parts in
                first, last = (np.concatenate([p[i] for p in parts]) for i in (0, 1))
                order = np.lexsort((last, first))
                found = first[order], last[order]
            self._spans[node] = found
        return found

    def places(self, node: Placed) -> Ints:
        """First words of everything that matches, sorted, each once."""
        if isinstance(node, Near):
            return np.unique(self._near(node))
        if isinstance(node, AnyOf):
            return np.unique(np.concatenate([self.places(p) for p in node.parts]))  # type: ignore[arg-type]  # the parser checked it
        return np.unique(self.spans(node)[0])

    def _salient(self, places: Ints) -> Bools:
        segment = self._batch.segment[places]
        flags = np.bincount(segment // 2, minlength=self._batch.n_documents) > 1
        flags[segment[segment % 2 == 0] // 2] = True
        return flags

    def _holding(self, indices: Ints) -> Bools:
        flags = np.zeros(self._batch.n_documents, dtype=bool)
        flags[self._batch.segment[indices] // 2] = True
        return flags

    def _word(self, pattern: str) -> Ints:
        codes = self._vocabulary.codes_of[self._number[pattern]]
        parts = [self._by_code[self._starts[c] : self._starts[c + 1]] for c in codes if c + 1 < len(self._starts)]
        if not parts:
            return np.empty(0, dtype=np.int64)
        return parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts))

    def _phrase(self, phrase: Phrase) -> Spans:
        words = phrase.words
        counts = [
            sum(int(self._starts[c + 1] - self._starts[c]) for c in self._vocabulary.codes_of[self._number[w]] if c + 1 < len(self._starts))
            for w in words
        ]
        rarest = int(np.argmin(counts))
        at = self._word(words[rarest]) - rarest
        size = len(self._batch.codes)
        at = at[(at >= 0) & (at + len(words) <= size)]
        for k, word in enumerate(words):
            if k == rarest or not len(at):
                continue
            here = self._batch.codes[at + k]
            codes = self._vocabulary.codes_of[self._number[word]]
            at = at[here == codes[0]] if len(codes) == 1 else at[np.isin(here, codes)]
        return at, at + (len(words) - 1)

    def _near(self, node: Near) -> Ints:
        left, right = self.spans(node.left), self.spans(node.right)
        found = self._followed(left, right, node.distance)
        if not node.ordered:
            found = np.concatenate([found, self._followed(right, left, node.distance)])
        return found

    def _followed(self, before: Spans, after: Spans, distance: int) -> Ints:
        """First words of those ``before`` after whose end an ``after`` begins with at most ``distance`` words between."""
        if not len(before[0]) or not len(after[0]):
            return before[0][:0]
        places = self._batch.places
        ends, starts = places[before[1]], places[after[0]]
        nearest = np.searchsorted(starts, ends, side="right")
        inside = nearest < len(starts)
        gap = starts[np.minimum(nearest, len(starts) - 1)] - ends - 1
        return before[0][inside & (gap <= distance)]


def words_of(nodes: list[Node]) -> list[str]:
    """All word patterns that the queries use (NOT parts included), sorted."""
    from armillary.counting.goals.language import phrases

    return sorted(set(itertools.chain.from_iterable(p.words for n in nodes for p in phrases(n, negated=True))))
