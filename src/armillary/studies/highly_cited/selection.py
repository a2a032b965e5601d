"""Selection rules for highly cited candidates, as pure functions over arrays (METHODS 6.1-6.4).

One cell is a field and a publication year; one field has one pool of authors. Counts are integers, so no rule hangs on a rounding.
Rules that METHODS 6.1 marks as remembered (T-1, the 30-author filter, how the square root is rounded) are arguments, not facts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from armillary.core.arrays import Bools, Floats, Ints
from armillary.errors import UsageError

Rounding = Literal["ceil", "round", "floor"]
TOP = Fraction(1, 100)


def citation_threshold(values: Ints, counts: Ints, top: Fraction = TOP) -> int:
    """The fewest citations that put a paper among the ``top`` part of its cell, ties included; ``counts[i]`` papers have ``values[i]``.

    A paper is in when fewer than ``top x N`` papers of the cell have more citations than it: the papers that get a positive part
    under the tie rule (5.2), taken whole. An uncited paper is never in, so the threshold is at least 1; an empty cell gives 1. The same
    rule over authors' total citations in a field gives C of criterion (b) (METHODS 6.1, 4b).
    """
    if not 0 < top < 1:
        raise UsageError(f"a top part of {top} makes no sense", fix="give a fraction between 0 and 1, such as 1/100")
    if not len(values):
        return 1
    order = np.argsort(-values)
    place = math.ceil(top * int(counts.sum()))  # that of the last paper with fewer than top x N before it, if there were no ties
    reached = int(np.searchsorted(np.cumsum(counts[order]), place))
    return max(1, int(values[order][reached]))


def field_size(n_authors: int, rounding: Rounding = "ceil") -> int:
    """How many authors a field is to name: the square root of the number of authors on its highly cited papers (6.1).

    Exact for any size (integer square root). ``ceil`` is formula (6.1); ``round`` is what is remembered of the original.
    """
    root = math.isqrt(n_authors)
    if rounding == "floor" or root * root == n_authors:
        return root
    if rounding == "ceil":
        return root + 1
    if rounding == "round":
        return root + (4 * n_authors > (2 * root + 1) ** 2)
    raise UsageError(f"unknown rounding '{rounding}'", fix="choose ceil, round or floor")


@dataclass(frozen=True, slots=True)
class FieldSelection:
    """What the rules gave for one field.

    ``by_count`` and ``by_near_miss`` are masks over the authors that were passed; ``places`` is k, ``paper_threshold`` T,
    ``citation_threshold`` C and ``near_miss_median`` the citations that a near miss needed (None if nobody was admitted).
    """

    by_count: Bools
    by_near_miss: Bools
    n_authors: int
    places: int
    paper_threshold: int
    citation_threshold: int
    near_miss_median: float | None

    @property
    def admitted(self) -> Bools:
        """Everyone admitted in this field, by either door."""
        return self.by_count | self.by_near_miss


def select_field(
    papers: Ints,
    citations: Ints,
    *,
    n_authors: int | None = None,
    citation_threshold: int = 0,
    rounding: Rounding = "ceil",
    near_miss: bool = True,
) -> FieldSelection:
    """Admit the authors of one field.

    ``papers[i]`` is author i's highly cited papers in the field, ``citations[i]`` the citations to them. ``n_authors`` (N_f) sizes the
    field and is the number of authors with a highly cited paper unless given. Criterion (b): only authors with at least
    ``citation_threshold`` citations to their highly cited papers compete. T is the count of the author in place k among them; everyone
    with T or more is in, even beyond k. With ``near_miss`` (the T-1 rule), authors with exactly T-1 papers whose citations reach the
    median of those admitted by count are in too.
    """
    papers = np.asarray(papers, dtype=np.int64)
    citations = np.asarray(citations, dtype=np.int64)
    size = int((papers > 0).sum()) if n_authors is None else n_authors
    places = field_size(size, rounding)
    eligible = (papers > 0) & (citations >= citation_threshold)
    nobody = np.zeros(len(papers), dtype=bool)
    if not eligible.any() or places == 0:
        return FieldSelection(nobody, nobody.copy(), size, places, 0, citation_threshold, None)
    ranked = np.sort(papers[eligible])[::-1]
    threshold = int(ranked[min(places, len(ranked)) - 1])
    by_count = eligible & (papers >= threshold)
    median = float(np.median(citations[by_count]))
    near = nobody.copy()
    if near_miss and threshold > 1:
        near = eligible & (papers == threshold - 1) & (citations >= median)
    return FieldSelection(by_count, near, size, places, threshold, citation_threshold, median)


def cross_field(papers: Floats, citations: Floats, paper_thresholds: Floats, citation_thresholds: Floats) -> tuple[Floats, Floats, Bools]:
    """Who qualifies across fields (6.2): ``sum h/T >= 1`` and ``sum c/C >= 1``.

    ``papers`` and ``citations`` are authors x fields, the thresholds one value a field; a field without a threshold (0) adds nothing.
    Returns the two sums and the mask. Sums are compared with 1 - 1e-9 because thirds and fifths do not add to 1 in binary.
    """
    t, c = np.asarray(paper_thresholds, dtype=float), np.asarray(citation_thresholds, dtype=float)
    h_sum = np.asarray(papers, dtype=float) @ np.divide(1.0, t, out=np.zeros_like(t), where=t > 0)
    c_sum = np.asarray(citations, dtype=float) @ np.divide(1.0, c, out=np.zeros_like(c), where=(c > 0) & (t > 0))
    return h_sum, c_sum, (h_sum >= 1 - 1e-9) & (c_sum >= 1 - 1e-9)
