"""Tag works with goals by transparent queries: which query matched is part of the result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from armillary.counting.goals.engine import Matcher, words_of
from armillary.counting.goals.language import Phrase, phrases
from armillary.counting.goals.queries import QuerySet, load_queries
from armillary.counting.goals.text import Vocabulary, tokenise

BATCH = 4000
SCHEMA = pa.schema([("work_id", pa.int64()), ("sdg_id", pa.int8()), ("score", pa.float32()), ("queries", pa.string())])
"""A classification: ``score`` is 1 for every match of a query (queries do not grade).

``queries`` names those that matched, joined by ';'.
"""


@dataclass(frozen=True, slots=True)
class Why:
    """Why a text was tagged: the goal, the query, and the words of the query that stand in the text."""

    goal: int
    query: str
    words: tuple[str, ...]


class Classifier:
    """Applies a query set to texts in batches; one instance keeps its vocabulary, so use one for a whole corpus."""

    def __init__(self, queries: QuerySet | None = None) -> None:
        self.queries = queries or load_queries()
        self._vocabulary = Vocabulary(words_of([q.node for g in self.queries.goals for q in g.queries]))

    @property
    def version(self) -> str:
        """What to quote with results."""
        return self.queries.version

    def classify(self, work_ids: Sequence[int], titles: Sequence[str | None], abstracts: Sequence[str | None]) -> pa.Table:
        """One row a work and goal, sorted by both; columns of :data:`SCHEMA`."""
        parts = [
            self._batch(work_ids[i : i + BATCH], titles[i : i + BATCH], abstracts[i : i + BATCH]) for i in range(0, len(work_ids), BATCH)
        ]
        return pa.concat_tables(parts or [SCHEMA.empty_table()]).sort_by([("work_id", "ascending"), ("sdg_id", "ascending")])

    def classify_batches(self, batches: Iterable[tuple[Sequence[int], Sequence[str | None], Sequence[str | None]]]) -> Iterator[pa.Table]:
        """As :meth:`classify` for a stream of batches, in their order."""
        for ids, titles, abstracts in batches:
            yield self.classify(ids, titles, abstracts)

    def explain(self, title: str | None, abstract: str | None) -> list[Why]:
        """Which queries match this text, and by which of their words."""
        matcher = Matcher(tokenise([title], [abstract], self._vocabulary), self._vocabulary)
        out = []
        for goal in self.queries.goals:
            for query in goal.queries:
                if matcher.documents(query.node)[0]:
                    found = {p for p in phrases(query.node) if len(matcher.spans(p)[0])}
                    out.append(Why(goal.number, query.id, tuple(sorted(_plain(p) for p in found))))
        return out

    def _batch(self, work_ids: Sequence[int], titles: Sequence[str | None], abstracts: Sequence[str | None]) -> pa.Table:
        matcher = Matcher(tokenise(titles, abstracts, self._vocabulary), self._vocabulary)
        ids = np.asarray(work_ids, dtype=np.int64)
        works: list[np.ndarray] = []
        goals: list[np.ndarray] = []
        names: list[str] = []
        for goal in self.queries.goals:
            hits = np.array([matcher.documents(q.node) for q in goal.queries])
            found = np.flatnonzero(hits.any(axis=0))
            works.append(ids[found])
            goals.append(np.full(len(found), goal.number, dtype=np.int8))
            names += [";".join(q.id for q, hit in zip(goal.queries, column, strict=True) if hit) for column in hits[:, found].T]
        work, number = np.concatenate(works), np.concatenate(goals)
        return pa.table([work, number, np.ones(len(work), dtype=np.float32), names], schema=SCHEMA)


def _plain(phrase: Phrase) -> str:
    return " ".join(phrase.words)
