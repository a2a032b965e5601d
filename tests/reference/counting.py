"""Counting methods one paper at a time in exact fractions: slow, plain, and independent of the engine.

A paper is a list of authors; an author a list of address lines; an address line a list of institutions; ``country`` maps institutions to
countries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction

Author = Sequence[Sequence[int]]
Credit = dict[int | str, Fraction]


def author_shares(author: Author, split: str) -> dict[int, Fraction]:
    """Institution -> part of the author; what is not matched is missing."""
    out: dict[int, Fraction] = defaultdict(Fraction)
    if split == "institution":
        matched = {i for line in author for i in line}
        return {i: Fraction(1, len(matched)) for i in matched}
    for line in author:
        for i in line:
            out[i] += Fraction(1, len(author) * len(line))
    return dict(out)


def paper_credit(authors: Sequence[Author], method: str, split: str, country: Mapping[int, str], unit: str) -> Credit:
    """Unit -> credit of one paper."""

    def units(shares: Mapping[int, Fraction]) -> Credit:
        out: Credit = defaultdict(Fraction)
        for i, part in shares.items():
            out[i if unit == "institution" else country[i]] += part
        return dict(out)

    shares = [units(author_shares(a, split)) for a in authors]
    there = {u for s in shares for u in s}
    n = len(authors)
    if method == "full":
        return {u: Fraction(1) for u in there}
    if method == "institution-fractional":
        institutions = {i for a in authors for line in a for i in line}
        return units({i: Fraction(1, len(institutions)) for i in institutions})
    if method == "country-fractional":
        institutions = {i for a in authors for line in a for i in line}
        by_country: dict[str, set[int]] = defaultdict(set)
        for i in institutions:
            by_country[country[i]].add(i)
        return units({i: Fraction(1, len(by_country) * len(by_country[country[i]])) for i in institutions})
    weights = {
        "author-fractional": [Fraction(1, n)] * n,
        "complete": [Fraction(1)] * n,
        "first": [Fraction(int(k == 0)) for k in range(n)],
        "last": [Fraction(int(k == n - 1)) for k in range(n)],
        "harmonic": [Fraction(1, k) / sum(Fraction(1, j) for j in range(1, n + 1)) for k in range(1, n + 1)],
    }[method]
    out: Credit = defaultdict(Fraction)
    for weight, share in zip(weights, shares, strict=True):
        for u, part in share.items():
            if weight * part:
                out[u] += weight * part
    return dict(out)
