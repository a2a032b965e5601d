"""Authors without a table of authors: home, field, career, moves and names are functions of the author's number.

Authors are numbered in blocks, one block an (institution, field) cell, in the order in which their careers start. Whoever is active in a
year is then a contiguous range. Every eighth, and among these every eighth, is drawn more often: productivity has a heavy tail.
"""

from __future__ import annotations

import numpy as np

from armillary.synthetic import names
from armillary.synthetic.draws import F64, I32, I64, Bool, Randomness, pick
from armillary.synthetic.fields import FIELDS
from armillary.synthetic.institutions import Institutions, domain_choice

CAREER_YEARS = 22
EARLIEST = 24
"""Careers start up to this many years before the first publication year."""


class People:
    """All authors of a world."""

    def __init__(self, draws: Randomness, inst: Institutions, authors: int, first_year: int, last_year: int) -> None:
        self.draws, self.inst = draws, inst
        self.first_year, self.last_year = first_year, last_year
        self._span = last_year - first_year + 1 + EARLIEST
        share = np.array([f.share for f in FIELDS])
        domain = np.array([f.domain_id - 1 for f in FIELDS])
        weight = domain_choice(inst)[domain].T * share  # institutions x fields
        size = np.maximum(3, np.round(authors * weight / weight.sum())).astype(np.int64)
        self._size = size.ravel()
        self._start = np.cumsum(self._size) - self._size
        self.count = int(self._size.sum())
        self.given, self.family = names.given_names(draws), names.family_names(draws)
        self._country_first = np.searchsorted(inst.country, np.arange(int(inst.country.max()) + 2))
        self._cum = np.concatenate([[0.0], np.cumsum(inst.weight)])

    def draw(self, institution: I64, field: I32, year: I32, u: F64, v: F64) -> I64:
        """One author active in ``year`` at each (institution, field); ``u`` picks the person, ``v`` decides whether a prolific one steps
        in.
        """
        cell = institution * len(FIELDS) + field
        size = self._size[cell]
        age = year - (self.first_year - EARLIEST) + 1
        high = np.maximum(1, size * age // self._span)
        low = np.minimum(high - 1, size * np.maximum(0, age - CAREER_YEARS) // self._span)
        at = low + (u * (high - low)).astype(np.int64)
        at = np.where(v < 0.5, at - at % 8, at)
        at = np.where(v < 0.15, at - at % 64, at)
        return np.asarray(self._start[cell] + np.clip(at, low, high - 1))

    def cell(self, author: I64) -> I64:
        """(institution, field) cell of each author: ``institution * 26 + field``."""
        return np.searchsorted(self._start, author, side="right") - 1

    def home(self, author: I64) -> I64:
        """Institution at which the career starts."""
        return self.cell(author) // len(FIELDS)

    def field(self, author: I64) -> I64:
        """Field (index)."""
        return self.cell(author) % len(FIELDS)

    def career_start(self, author: I64) -> I64:
        """First year of the career."""
        cell = self.cell(author)
        place = author - self._start[cell]
        return np.asarray(self.first_year - EARLIEST + place * self._span // np.maximum(1, self._size[cell]))

    def same_country(self, institution: I64, u: F64) -> I64:
        """Another institution of the same country, by size."""
        country = self.inst.country[institution]
        low, high = self._cum[self._country_first[country]], self._cum[self._country_first[country + 1]]
        found = np.searchsorted(self._cum, low + u * (high - low), side="right") - 1
        return np.asarray(np.clip(found, self._country_first[country], self._country_first[country + 1] - 1))

    def anywhere(self, u: F64) -> I64:
        """An institution of the world, by size."""
        return pick(self._cum[1:], u)

    def workplace(self, author: I64, institution: I64, year: I32) -> I64:
        """Where the author works in ``year``: a sixth moves once within the country (after which the first place is left)."""
        word = self.draws.bits("career", author)
        start = self.career_start(author)
        move_year = start + 4 + (self.draws.derive(word, "move-year") * 12).astype(np.int64)
        moves: Bool = (self.draws.derive(word, "moves") < 1 / 6) & (year >= move_year)
        return np.where(moves, self.same_country(institution, self.draws.derive(word, "move-to")), institution)

    def second(self, author: I64, institution: I64) -> I64:
        """Standing second affiliation, or -1: one author in twelve, three in ten of these abroad."""
        word = self.draws.bits("second", author)
        u = self.draws.derive(word, "where")
        other = np.where(self.draws.derive(word, "abroad") < 0.3, self.anywhere(u), self.same_country(institution, u))
        return np.where((self.draws.derive(word, "has") < 1 / 12) & (other != institution), other, -1)

    def name_index(self, author: I64) -> tuple[I64, I64]:
        """(given, family) indices; the family names are sorted, so their index is an alphabetical key."""
        word = self.draws.bits("name", author)
        given = (self.draws.derive(word, "given") * len(self.given)).astype(np.int64)
        family = (self.draws.derive(word, "family") ** 1.6 * len(self.family)).astype(np.int64)
        # common names are spread over the alphabet
        return given, (family * 1201) % len(self.family)

    def has_orcid(self, author: I64) -> Bool:
        """Six authors in ten have an ORCID iD."""
        return np.asarray(self.draws.unit("orcid", author) < 0.6)


def orcids(numbers: I64) -> list[str]:
    """ORCID iDs with valid check digits (ISO 7064 mod 11-2) in a block that starts with 0009-9; one for each number below 10**10."""
    total = np.zeros(len(numbers), np.int64)
    for d in (0, 0, 0, 9, 9):
        total = (total + d) * 2
    for place in range(9, -1, -1):
        total = (total + numbers // 10**place % 10) * 2
    check = ((12 - total % 11) % 11).tolist()
    return [
        f"0009-9{text[:3]}-{text[3:7]}-{text[7:]}{'0123456789X'[c]}"
        for text, c in zip(map("{:010d}".format, numbers.tolist()), check, strict=True)
    ]
