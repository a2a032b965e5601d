"""What is true of a synthetic world: answers computed from its columns by plain loops and exact fractions, and what was planted.

Nothing here uses the rest of Armillary, so that the two can be held against each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from armillary.synthetic import claims, contributions, patents, policy, series
from armillary.synthetic.citations import count_citations, totals
from armillary.synthetic.draws import I64
from armillary.synthetic.fields import FIELDS
from armillary.synthetic.institutions import TYPES as INSTITUTION_TYPES
from armillary.synthetic.works import TYPES, Works, make
from armillary.synthetic.world import ADVANTAGE, AUTHOR_BASE, INSTITUTION_BASE, OVERTAKING_YEAR, WORK_BASE, World

EXACT_UP_TO = 50_000
"""Worlds up to this size get exact tables in truth.json (the loops take about a second for 20,000 works)."""
_CHUNK = 20_000


class Truth:
    """Answers for one world. Exact tables walk over all works in Python: for small worlds."""

    def __init__(self, world: World) -> None:
        self.world = world

    def chunks(self) -> Iterator[Works]:
        """All works, some thousands at a time."""
        for low in range(0, self.world.works, _CHUNK):
            yield make(self.world, np.arange(low, min(self.world.works, low + _CHUNK)))

    def in_scope(self, w: Works, k: int) -> bool:
        """The default scope: not retracted, no erratum, not paratext, not part of the expansion."""
        return not (w.is_retracted[k] or w.is_xpac[k] or TYPES[w.type[k]] in ("paratext", "erratum"))

    def credit(
        self, unit: str, *, period: tuple[int, int] | None = None, keep: Callable[[Works, int], bool] | None = None
    ) -> tuple[dict[str, Fraction], dict[str, int], int]:
        """Share (exact) and Count of every ``unit`` (country, institution or city), and the number of works in scope.

        An author's part is divided over the set of his matched institutions; for countries an author without any falls back to the country
        that the record gives (METHODS 1.1). Cities are those that the institutions' records name. The key ``unassigned`` takes the rest.
        """
        share: dict[str, Fraction] = defaultdict(Fraction)
        count: Counter[str] = Counter()
        name = self._unit_names(unit)
        total = 0
        for w in self.chunks():
            starts = w.starts.tolist()
            first, parent, second, only = (c.tolist() for c in (w.inst, w.inst_parent, w.inst_second, w.country_only))
            for k in range(len(w)):
                if not self.in_scope(w, k) or (period and not period[0] <= w.year[k] <= period[1]) or (keep and not keep(w, k)):
                    continue
                total += 1
                found = set()
                size = starts[k + 1] - starts[k]
                for j in range(starts[k], starts[k + 1]):
                    places = {x for x in (first[j], parent[j], second[j]) if x >= 0}
                    if places:
                        for x in places:
                            share[name[x]] += Fraction(1, size * len(places))
                            found.add(name[x])
                    elif unit == "country" and only[j] >= 0:
                        share[self.world.geo.codes[only[j]]] += Fraction(1, size)
                        found.add(self.world.geo.codes[only[j]])
                    else:
                        share["unassigned"] += Fraction(1, size)
                if not size:
                    share["unassigned"] += 1
                count.update(found)
        return dict(share), dict(count), total

    def _unit_names(self, unit: str) -> list[str]:
        inst, geo = self.world.inst, self.world.geo
        if unit == "institution":
            return [f"I{INSTITUTION_BASE + k}" for k in range(len(inst))]
        if unit == "country":
            return [geo.codes[c] for c in inst.country]
        return [geo.city_names[c] for c in inst.city]

    @cached_property
    def citations(self) -> I64:
        """Citations of each work from inside the world."""
        return totals(count_citations(self.world))

    def advantage(self) -> dict[str, float]:
        """Mean citations over the mean of (year, field) of works with each planted advantage, relative to works without: close to what
        was planted.
        """
        cell = self.world.plan.cell(np.arange(self.world.works)).astype(np.int64)
        expected = np.bincount(cell, self.citations) / np.maximum(np.bincount(cell), 1)
        ratio = np.where(expected[cell] > 0, self.citations / np.where(expected[cell] > 0, expected[cell], 1), 0.0)
        base = ratio[self.world.advantage == 0].mean()
        return {
            name: float(ratio[self.world.advantage == code].mean() / base) for code, name in ((1, "country 1"), (2, "star institution"))
        }

    def planned_share_of_works(self) -> dict[str, list[float]]:
        """Planned part of the works of each year that countries 0 and 1 lead."""
        weight = self.world.country_weight
        return {self.world.geo.codes[c]: [round(float(x), 6) for x in weight[:, c]] for c in (0, 1)}

    def stars(self) -> dict[str, list[str]]:
        """Ids of planted stars by field id: they lead most of the most attractive works of the field."""
        return {str(FIELDS[f].field_id): [f"A{AUTHOR_BASE + int(a)}" for a in a_list] for f, a_list in self.world.stars.items()}

    def merged(self) -> list[dict[str, Any]]:
        """Author ids that stand for several persons, with their works a year in the fullest year, institutions and ORCID iDs."""
        authors = self.world.merged.authors
        years: dict[int, Counter[int]] = {int(a): Counter() for a in authors}
        places: dict[int, set[int]] = {int(a): set() for a in authors}
        for w in self.chunks():
            for j in np.flatnonzero(np.isin(w.author, authors)).tolist():
                years[int(w.author[j])][int(w.year[w.a_work[j]])] += 1
                if w.inst[j] >= 0:
                    places[int(w.author[j])].add(int(w.inst[j]))
        return [
            {
                "author_id": f"A{AUTHOR_BASE + a}",
                "works": sum(n.values()),
                "most_works_in_a_year": max(n.values(), default=0),
                "institutions": len(places[a]),
                "orcids": 2,
            }
            for a, n in years.items()
        ]

    def hierarchy(self) -> dict[str, list[dict[str, Any]]]:
        """Planted institutions by role, with their parents."""
        inst = self.world.inst
        return {
            role: [
                {
                    "id": f"I{INSTITUTION_BASE + k}",
                    "name": inst.name[k],
                    "type": INSTITUTION_TYPES[inst.type[k]],
                    "city": self.world.geo.city_names[inst.city[k]],
                    "metropolis": self.world.geo.city_names[self.world.geo.city_metro[inst.city[k]]],
                    "parents": [f"I{INSTITUTION_BASE + a}" for a in inst.parents[k]],
                }
                for k in members
            ]
            for role, members in inst.role.items()
        }

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values, for truth.json; exact tables only up to EXACT_UP_TO works."""
        world, geo = self.world, self.world.geo
        answer: dict[str, Any] = {
            "about": "Known answers of a synthetic world. Everything in it is invented.",
            "works": world.works,
            "seed": world.seed,
            "countries": dict(zip(geo.codes, geo.country_names, strict=True)),
            "planted_citation_advantage": ADVANTAGE,
            "star_institutions": [f"I{INSTITUTION_BASE + k}" for k in world.inst.role["star"]],
            "overtaking": {
                "country": geo.codes[0],
                "passes": geo.codes[1],
                "in": OVERTAKING_YEAR,
                "planned_share": self.planned_share_of_works(),
            },
            "stars": self.stars(),
            "hierarchy": self.hierarchy(),
            "clusters": {
                "eps_km": patents.EPS_KM,
                "threshold": patents.threshold(world),
                "points": "inventor listings of PCT patents",
                "clusters": patents.clusters(world),
                "far_partners": [geo.city_names[k] for k in patents.far_partners(world)],
            },
            "policy": self._policy(),
            "series": {"two_trillion": {geo.codes[0]: series.TWO_TRILLION_YEAR}, "disagreeing_sources": geo.codes[2]},
            "claims": [c.as_dict() for c in claims.planted(world)],
        }
        if world.works <= EXACT_UP_TO:
            answer["merged_authors"] = self.merged()
            answer["citation_advantage_found"] = self.advantage()
            answer["most_cited"] = [
                {"work_id": f"W{WORK_BASE + int(i)}", "citations": int(self.citations[i])}
                for i in np.argsort(-self.citations, kind="stable")[:20]
            ]
            for unit in ("country", "institution", "city"):
                share, count, total = self.credit(unit)
                answer.setdefault("credit", {})[unit] = {
                    "works": total,
                    "share": {u: str(share[u]) for u in sorted(share)},
                    "count": {u: count[u] for u in sorted(count)},
                }
        return answer

    def _policy(self) -> dict[str, Any]:
        document, _ = policy.cited(self.world)
        kinds = Counter(policy.KINDS[d % 20] for d in document.tolist())
        return {
            "documents": policy.documents(self.world),
            "citations": len(document),
            "by_type": dict(sorted(kinds.items())),
            "rejected": len(range(0, policy.documents(self.world), 10)),
        }


def leaders(world: World) -> dict[str, list[int]]:
    """Planted leaders of the works with statements: byline places (from 1) by work id."""
    w = contributions.sample(world)
    lead = contributions.leaders(world, w)
    starts = w.starts.tolist()
    return {f"W{WORK_BASE + int(i)}": [int(x) + 1 for x in np.flatnonzero(lead[starts[k] : starts[k + 1]])] for k, i in enumerate(w.i)}
