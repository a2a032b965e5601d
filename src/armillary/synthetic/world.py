"""The synthetic world: one object that knows every table of itself, lazily, for a number of works and a seed.

What is planted (see :mod:`armillary.synthetic.truth` for the answers):

* country 0 overtakes country 1 in works in :data:`OVERTAKING_YEAR`, and with it in the lead of their joint works;
* works led from country 1 and from two middling universities draw more citations than works of the same field and year (:data:`ADVANTAGE`);
* stars lead most of the most attractive works of six fields; a few author ids are merged persons.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from armillary.errors import UsageError
from armillary.synthetic import catalogue, geography, institutions
from armillary.synthetic.draws import F64, I32, I64, Bool, Categorical, Randomness
from armillary.synthetic.fields import FIELDS
from armillary.synthetic.people import People
from armillary.synthetic.plan import WorldPlan

FIRST_YEAR, LAST_YEAR = 2005, 2025
YEARS = LAST_YEAR - FIRST_YEAR + 1
GROWTH = 1.04
OVERTAKING_YEAR = 2018
"""First year in which country 0 is planned ahead of country 1."""
ADVANTAGE: dict[str, float] = {"country 1": 1.5, "star institution": 2.0, "elsewhere": 1.0}
"""How much more likely a work is to be cited than another of its cell at the same place, by who leads it."""
STAR_PLACES = 0.015
STAR_PART = 0.7
"""Among this part of a cell's most attractive places, stars lead STAR_PART of the works."""
WORK_BASE, AUTHOR_BASE, INSTITUTION_BASE, SOURCE_BASE = 8_000_000_000, 9_000_000_000, 7_000_000_000, 7_100_000_000
PUBLISHER_BASE, FUNDER_BASE, TOPIC_BASE, OUTSIDE_BASE = 7_200_000_000, 7_300_000_000, 90_001, 1_000_000_000
"""Ids start where the real ones have not come to; works outside the world (cited, not in it) have ids of ten digits that start with 1."""


@dataclass(frozen=True)
class SharedAuthorIds:
    """Author ids that stand for several persons: number and wanted works a year."""

    authors: I64
    works_a_year: tuple[float, ...] = (72.0, 16.0, 16.0, 16.0)


class World:
    """A world of ``works`` works (1,000 to 100 million) and a ``seed``. Equal arguments give equal worlds, bit for bit."""

    def __init__(self, works: int = 20_000, seed: int = 1) -> None:
        if not 1_000 <= works <= 200_000_000:
            raise UsageError(f"a synthetic world has 1,000 to 200,000,000 works, not {works:,}", fix="choose --works in that range")
        self.works, self.seed = works, seed
        self.draws = Randomness(seed)
        self.geo = geography.geography(self.draws)
        self.n_countries = len(self.geo.codes)
        self.inst = institutions.institutions(self.draws, self.geo, _institutions(works), self.country_weight.mean(axis=0))
        self.topics = catalogue.build_topics(self.draws)
        self.sources = catalogue.build_sources(self.draws, _sources(works))
        self.people = People(self.draws, self.inst, max(3_000, int(1.1 * works)), FIRST_YEAR, LAST_YEAR)
        year = GROWTH ** np.arange(YEARS)
        self.plan = WorldPlan(self.draws, works, np.outer(year, catalogue.weights_by_field()).ravel())
        self.merged = SharedAuthorIds(self.people.count + np.arange(4))

    @cached_property
    def country_weight(self) -> F64:
        """Planned part of each year's works (rows) led from each country (columns)."""
        c, year = np.arange(self.n_countries), np.arange(YEARS)[:, None]
        drift = 1 + 0.03 * (self.draws.unit("country-drift", c) - 0.4)
        weight = (1.0 + c) ** -0.85 * drift ** (year - 12)
        weight[:, 0] = weight[:, 1] * 1.09 ** (year[:, 0] + FIRST_YEAR - OVERTAKING_YEAR + 0.5)
        weight[:, 5] *= 1.06 ** (year[:, 0] - 12)
        return np.asarray(weight / weight.sum(axis=1, keepdims=True))

    @cached_property
    def _country_choice(self) -> Categorical:
        taste = np.exp(0.45 * (self.draws.unit("country-taste", np.arange(self.n_countries * 4)).reshape(4, -1) - 0.5) * 3.4)
        taste[:, 0], taste[:, 1] = (0.9, 0.85, 1.25, 0.9), (1.15, 1.15, 0.9, 1.1)
        domain = np.array([f.domain_id - 1 for f in FIELDS])
        return Categorical((self.country_weight[:, None, :] * taste[domain][None, :, :]).reshape(YEARS * len(FIELDS), -1))

    @cached_property
    def partner_choice(self) -> Categorical:
        """Row: country of the leading institution; column: country of a foreign coauthor. Countries 0 and 1 are each other's first
        partner, equally.
        """
        base = self.country_weight.mean(axis=0) ** 0.8
        tie = 0.5 + self.draws.unit("tie", np.arange(self.n_countries**2)).reshape(self.n_countries, -1)
        weight = base[None, :] * (tie + tie.T)
        np.fill_diagonal(weight, 0.0)
        for a, b in ((0, 1), (1, 0)):
            weight[a, b] = weight[a].sum() - weight[a, b]
            weight[a, b] *= 0.3 / 0.7
        return Categorical(weight)

    @cached_property
    def _domain_cumulative(self) -> F64:
        weight = institutions.domain_choice(self.inst)
        share = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
        return np.asarray(np.concatenate([np.zeros((4, 1)), share], axis=1))

    @cached_property
    def country_first(self) -> I64:
        """First institution of each country (institutions are sorted by country), and their number at the end."""
        return np.searchsorted(self.inst.country, np.arange(self.n_countries + 1))

    def institution_in(self, country: I64, domain: I64, u: F64) -> I64:
        """An institution of that country, by output in that domain (0 to 3)."""
        cum = self._domain_cumulative
        first, last = self.country_first[country], self.country_first[country + 1]
        low, high = cum[domain, first], cum[domain, last]
        flat = (cum[:, 1:] + np.arange(4)[:, None] * 2).ravel()
        found = np.searchsorted(flat, low + u * (high - low) + 2.0 * domain, side="right") - domain * len(self.inst)
        return np.asarray(np.clip(found, first, last - 1))

    def year_field(self, i: I64) -> tuple[I32, I32]:
        """Year index and field index of each work."""
        year, field = np.divmod(self.plan.cell(i), len(FIELDS))
        return year.astype(np.int32), field.astype(np.int32)

    @cached_property
    def domain_of_field(self) -> I64:
        """Domain index (0 to 3) of each field index."""
        return np.array([f.domain_id - 1 for f in FIELDS], np.int64)

    @cached_property
    def star_fields(self) -> tuple[int, ...]:
        """Field indices with planted stars: the six largest."""
        return tuple(sorted(sorted(range(len(FIELDS)), key=lambda f: -FIELDS[f].share)[:6]))

    @cached_property
    def stars(self) -> dict[int, I64]:
        """Author numbers of the stars of each star field: about one for eight of the works they lead, at least two."""
        found = {}
        for f in self.star_fields:
            places = float(np.floor(self.plan.size[f :: len(FIELDS)] * STAR_PLACES).sum())
            count = max(2, round(places * STAR_PART / 8))
            home = self.people.anywhere(self.draws.unit("star-home", np.full(count, f), np.arange(count)))
            field = np.full(count, f, np.int32)
            u = 0.3 + 0.5 * self.draws.unit("star-person", np.full(count, f), np.arange(count))
            found[f] = np.unique(self.people.draw(home, field, np.full(count, 2015, np.int32), u, np.ones(count)))
        return found

    def lead(self, i: I64) -> tuple[I64, I64, Bool]:
        """Leading institution and author of each work, and whether the author is a planted star."""
        word = self.draws.bits("lead", i)
        year, field = self.year_field(i)
        country = self._country_choice.draw(self.draws.derive(word, "country"), self.plan.cell(i))
        institution = self.institution_in(country, self.domain_of_field[field], self.draws.derive(word, "institution"))
        author = self.people.draw(
            institution, field, year + FIRST_YEAR, self.draws.derive(word, "person"), self.draws.derive(word, "prolific")
        )
        places = np.maximum(self.plan.size[self.plan.cell(i)] * STAR_PLACES, 1)
        rank = self.plan.attraction_rank(i)
        starred = (rank < places) & (self.draws.derive(word, "star") < STAR_PART) & np.isin(field, self.star_fields)
        for k in np.flatnonzero(starred):
            stars = self.stars[int(field[k])]
            author[k] = stars[int(rank[k] + year[k]) % len(stars)]
            institution[k] = self.people.home(author[k : k + 1])[0]
        return institution, author, starred

    @cached_property
    def advantage(self) -> npt.NDArray[np.uint8]:
        """Planted citation advantage of each work as a code: 0 none, 1 country 1, 2 star institution. One byte a work."""
        code = np.zeros(self.works, np.uint8)
        stars = self.inst.role["star"]
        for low in range(0, self.works, 1 << 20):
            i = np.arange(low, min(self.works, low + (1 << 20)))
            institution = self.lead(i)[0]
            code[low : low + len(i)] = np.where(np.isin(institution, stars), 2, self.inst.country[institution] == 1)
        return code


def _institutions(works: int) -> int:
    return int(min(30_000, max(120, 1.5 * works**0.55)))


def _sources(works: int) -> int:
    return int(min(20_000, max(80, 0.8 * works**0.5)))
