"""Every indicator of the registry in plain Python over :mod:`reference.raw_works`, written from ``docs/methods`` alone.

Slow and simple: loops over papers, dictionaries of floats. No engine, no credit units, nothing imported from Armillary.
"""

from __future__ import annotations

import math
import struct
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from reference.raw_works import Author, Institution, Paper

Shares = dict[object, float]
Score = Callable[[Paper], "float | None"]
SECTORS = {
    "education": "university",
    "company": "company",
    "healthcare": "hospital",
    "government": "government",
    "facility": "government",
    "nonprofit": "nonprofit",
    "archive": "nonprofit",
}


@dataclass
class PolicyLink:
    policy: str
    organisation: str
    country: str | None
    year: int | None


@dataclass
class World:
    """All papers; those of the scope (``papers``) are counted."""

    all_papers: list[Paper]
    institutions: dict[int, Institution]
    policy: dict[str, list[PolicyLink]] = field(default_factory=dict)
    patents: dict[int, set[str]] = field(default_factory=dict)

    @cached_property
    def papers(self) -> list[Paper]:
        return [p for p in self.all_papers if p.counts]

    def country(self, author: Author, institution: int) -> str | None:
        """As the record says, else as the institution's own record or ROR does."""
        said = author.matched.get(institution)
        return said or (self.institutions[institution].country if institution in self.institutions else None)

    # --- 10: what a unit has of a paper

    def share(self, a: Author, unit: str, split: str) -> Shares:
        """share_u(a): the part of author a that belongs to each unit (1.1, 5.5, 5.8)."""
        out: Shares = defaultdict(float)
        if unit == "author":
            return {a.id: 1.0} if a.id is not None else {}
        if not a.matched:
            if unit == "country":
                for c in a.named:
                    out[c] += 1 / len(a.named)
            return out
        parts: dict[int, float] = defaultdict(float)
        if split == "institution" or not a.is_tied:
            for i in a.matched:
                parts[i] += 1 / len(a.matched)
        else:
            for line in a.lines:
                for i in line:
                    parts[i] += 1 / (len(a.lines) * len(line))
        for i, part in parts.items():
            u = i if unit == "institution" else self.country(a, i)
            if u is not None:
                out[u] += part
        return out

    def credit(self, p: Paper, method: str, unit: str, split: str) -> Shares:
        """Unit -> credit for one paper (10.1)."""
        n = len(p.authors)
        shares = [self.share(a, unit, split) for a in p.authors]
        there = {u for s in shares for u in s}
        if method == "full":
            return dict.fromkeys(there, 1.0)
        if (method.endswith("-fractional") and method != "author-fractional") or method == "inverse-institutions":
            return self.by_sets(p, method, unit, there)
        flagged = [a.is_corresponding is True for a in p.authors]
        harmonic = sum(1 / j for j in range(1, n + 1))
        weight: dict[str, Callable[[int], float]] = {
            "complete": lambda k: 1.0,
            "author-fractional": lambda k: 1 / n,
            "first": lambda k: float(k == 0),
            "last": lambda k: float(k == n - 1),
            "corresponding": lambda k: flagged[k] / sum(flagged) if any(flagged) else 0.0,
            "harmonic": lambda k: 1 / (k + 1) / harmonic,
        }
        w = weight["author-fractional" if method.startswith("mfc-") else method]
        out: Shares = defaultdict(float)
        for k, s in enumerate(shares):
            for u, part in s.items():
                out[u] += w(k) * part
        if method.startswith("mfc-"):
            out = {u: c ** (1 / float(method[4:])) for u, c in out.items()}
        return {u: c for u, c in out.items() if c > 0}

    def by_sets(self, p: Paper, method: str, unit: str, there: set[object]) -> Shares:
        """Credit shared by the distinct institutions or countries of a paper."""
        homes = self.homes(p)
        m = len({i for i, _ in homes if i is not None})
        if method == "inverse-institutions":
            return {u: 1 / m for u in {i if unit == "institution" else c for i, c in homes if i is not None} if u is not None}
        out: Shares = defaultdict(float)
        if method == "institution-fractional":
            for i in {i for i, _ in homes if i is not None}:
                mine = {c for j, c in homes if j == i}
                for c in mine:
                    out[i if unit == "institution" else c] += 1 / (m * (1 if unit == "institution" else len(mine)))
        else:
            by_country: dict[str, set[int | None]] = defaultdict(set)
            for i, c in homes:
                if c is not None:
                    by_country[c].add(i)
            for c, inside in by_country.items():
                for i in inside:
                    out[c if unit == "country" else i] += 1 / (len(by_country) * len(inside))
        return {u: c for u, c in out.items() if u is not None}

    def homes(self, p: Paper) -> set[tuple[int | None, str | None]]:
        """Distinct (institution, country) of a paper; an author without a matched institution brings the countries named for him (5.8)."""
        found: set[tuple[int | None, str | None]] = set()
        for a in p.authors:
            found |= {(i, self.country(a, i)) for i in a.matched}
            if not a.matched:
                found |= {(None, c) for c in a.named}
        return found

    # --- 5: citations and cells

    @cached_property
    def citations(self) -> dict[int, int]:
        """Citations from papers of the scope, self-citations left out (5.2)."""
        inside = {p.id: {a.id for a in p.authors if a.id is not None} for p in self.all_papers}
        counted = Counter(
            cited for p in self.papers for cited in p.references if cited != p.id and not (inside[p.id] & inside.get(cited, set()))
        )
        return {p.id: counted[p.id] for p in self.papers}

    @cached_property
    def cells(self) -> dict[tuple[object, ...], list[int]]:
        out: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for p in self.papers:
            if (cell := cell_of(p)) is not None:
                out[cell].append(self.citations[p.id])
        return out

    def ncs(self, p: Paper) -> float | None:
        cell = cell_of(p)
        if cell is None:
            return None
        cited = self.cells[cell]
        return self.citations[p.id] * len(cited) / sum(cited) if sum(cited) else 1.0

    @cached_property
    def _tops(self) -> dict[object, float]:
        return {}

    def top(self, p: Paper, x: int) -> float | None:
        """(5.2), with exact fractions."""
        cell = cell_of(p)
        if cell is None:
            return None
        key = (cell, self.citations[p.id], x)
        if key not in self._tops:
            cited, c, limit = sorted(self.cells[cell]), self.citations[p.id], 1 - Fraction(x, 100)
            below = {v: Fraction(sum(e <= v for e in cited), len(cited)) for v in set(cited)}
            threshold = min(v for v, f in below.items() if f >= limit)
            tied = Fraction(cited.count(threshold), len(cited))
            omega = (below[threshold] - limit) / tied
            self._tops[key] = float(c > threshold) if c != threshold else float(omega)
        return self._tops[key]

    # --- 5.6, 9: who is on a paper

    def countries(self, p: Paper, merge: bool = True) -> set[str]:
        found = {c for a in p.authors for c in a.named}
        found |= {c for a in p.authors for i in a.matched if (c := self.country(a, i)) is not None}
        return {"CN" if merge and c in ("HK", "MO") else c for c in found}

    def on_it(self, p: Paper) -> set[int]:
        return {i for a in p.authors for i in a.matched}

    def is_joint(self, p: Paper) -> bool:
        return len(self.on_it(p)) > 1 or len(self.countries(p)) > 1

    def by_distance(self, p: Paper, near: bool) -> float | None:
        if not self.is_joint(p):
            return 0.0
        there = self.on_it(p)
        points = [self.institutions[i].point for i in there]
        placed = {c for a in p.authors for i in a.matched if (c := self.country(a, i)) is not None}
        placed = {"CN" if c in ("HK", "MO") else c for c in placed}
        if not points or None in points or self.countries(p) != placed:
            return None
        far = max(km(a, b) for a in points for b in points if a is not None and b is not None)
        return float(far <= 100 if near else far >= 5000)

    def sectors(self, p: Paper) -> set[str] | None:
        """Sectors on a paper; unknown unless all of its institutions have a type (9.3)."""
        kinds = [self.institutions[i].kind for i in self.on_it(p)]
        return {SECTORS[k] for k in kinds if k in SECTORS} if kinds and None not in kinds else None

    def with_sectors(self, condition: Callable[[set[str]], bool]) -> Score:
        def score(p: Paper) -> float | None:
            found = self.sectors(p)
            return None if found is None else float(condition(found))

        return score

    # --- values

    def value(self, score: Score, method: str, unit: str, split: str, *, is_total: bool) -> dict[object, float]:
        """Sum of w score, over sum of w for means (5.3); papers without a score are in neither."""
        num: dict[object, list[float]] = defaultdict(list)
        den: dict[object, list[float]] = defaultdict(list)
        for p, credit in self.credits(method, unit, split):
            s = score(p)
            if s is None:
                continue
            for u, w in credit.items():
                num[u].append(w * s)
                den[u].append(w)
        return {u: math.fsum(num[u]) / (1 if is_total else math.fsum(den[u])) for u in num}

    def credits(self, method: str, unit: str, split: str) -> list[tuple[Paper, Shares]]:
        key = (method, unit, split)
        if key not in self._credits:
            self._credits[key] = [(p, self.credit(p, method, unit, split)) for p in self.papers]
        return self._credits[key]

    @cached_property
    def _credits(self) -> dict[tuple[str, str, str], list[tuple[Paper, Shares]]]:
        return {}


def cell_of(p: Paper) -> tuple[object, ...] | None:
    cell = (p.subfield, p.year, p.type)
    return None if None in cell else cell


def km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """On a sphere of 6371.01 km (3.4)."""
    (la, oa), (lb, ob) = (tuple(map(math.radians, x)) for x in (a, b))
    h = math.sin((lb - la) / 2) ** 2 + math.cos(la) * math.cos(lb) * math.sin((ob - oa) / 2) ** 2
    return 2 * 6371.01 * math.asin(math.sqrt(min(1.0, h)))


def single(x: float) -> float:
    """A score as it is served, in 32 bits."""
    return float(struct.unpack("f", struct.pack("f", x))[0])


def on_goal(p: Paper, goal: int) -> bool:
    return any(single(s) > single(0.4) and goal in (0, g) for g, s in p.goals.items())


def scores(w: World) -> dict[str, tuple[Score, bool]]:
    """Indicators that are *credit times what a paper scores*: id -> (score or None where unknown, is it a total)."""

    def opened(*statuses: str) -> Score:
        return lambda p: None if p.oa is None else float(p.oa in statuses)

    def dated(p: Paper) -> list[int]:
        return [max(k.year - p.year, 0) for k in w.policy.get(p.doi or "", []) if k.year is not None and p.year is not None]

    def cited(p: Paper) -> set[str]:
        return {k.policy for k in w.policy.get(p.doi or "", [])}

    policy_cells: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for p in w.papers:
        if p.doi is not None and None not in (p.field, p.year, p.type):
            policy_cells[(p.field, p.year, p.type)].append(len(cited(p)))

    def mnpc(p: Paper) -> float | None:
        cell = policy_cells.get((p.field, p.year, p.type)) if p.doi is not None else None
        return None if not cell or not sum(cell) else len(cited(p)) * len(cell) / sum(cell)

    out: dict[str, tuple[Score, bool]] = {
        "tcs": (lambda p: w.citations[p.id], True),
        "mcs": (lambda p: w.citations[p.id], False),
        "tncs": (w.ncs, True),
        "mncs": (w.ncs, False),
        "p-cited": (lambda p: float(w.citations[p.id] >= 10), True),
        "pp-cited": (lambda p: float(w.citations[p.id] >= 10), False),
        "pp-collab": (lambda p: float(w.is_joint(p)), False),
        "pp-international": (lambda p: float(len(w.countries(p)) > 1), False),
        "pp-short-distance": (lambda p: w.by_distance(p, True), False),
        "pp-long-distance": (lambda p: w.by_distance(p, False), False),
        "pp-industry": (w.with_sectors(lambda s: "company" in s), False),
        "pp-university-company": (w.with_sectors(lambda s: {"university", "company"} <= s), False),
        "pp-public-private": (w.with_sectors(lambda s: "company" in s and len(s) > 1), False),
        "pp-university-hospital": (w.with_sectors(lambda s: {"university", "hospital"} <= s), False),
        "pp-triangle": (w.with_sectors(lambda s: {"university", "company", "government"} <= s), False),
        "pp-patent-cited": (lambda p: float(p.id in w.patents), False),
        "pp-oa": (opened("gold", "diamond", "hybrid", "bronze", "green"), False),
        "pp-oa-gold": (opened("gold", "diamond"), False),
        "pp-oa-hybrid": (opened("hybrid"), False),
        "pp-oa-bronze": (opened("bronze"), False),
        "pp-oa-green": (opened("green"), False),
        "sdg-papers": (lambda p: 1.0 if on_goal(p, 0) else None, True),
        "pp-sdg": (lambda p: float(on_goal(p, 0)) if p.is_classified else None, False),
        "p-policy": (lambda p: 1.0 if cited(p) else None, True),
        "pp-policy": (lambda p: None if p.doi is None else float(bool(cited(p))), False),
        "policy-citations": (lambda p: float(len(cited(p))) if cited(p) else None, True),
        "policy-lag": (lambda p: float(min(dated(p))) if dated(p) else None, False),
        "mnpc": (mnpc, False),
    }
    for x in (1, 2, 5, 10, 20, 50):
        out[f"p-top{x}"] = (lambda p, x=x: w.top(p, x), True)  # type: ignore[misc]
        out[f"pp-top{x}"] = (lambda p, x=x: w.top(p, x), False)  # type: ignore[misc]
    out |= {name: (lambda p: 1.0, True) for name in ("count", "share", "publications", "lead-position")}
    n_classified = sum(p.is_classified for p in w.papers)
    n_on = sum(on_goal(p, 3) for p in w.papers)
    out["sdg-share"] = (lambda p: 1 / n_on if on_goal(p, 3) else None, True)
    out["sdg-activity"] = (lambda p: float(on_goal(p, 3)) * n_classified / n_on if p.is_classified else None, False)
    return out


def beside(w: World, name: str, method: str, unit: str, split: str, partner: object) -> dict[object, float]:
    """Indicators of units that are together on papers: with ``partner`` or, for those of leading, with any other (9.1, 9.4, 1.7)."""
    num: dict[object, float] = defaultdict(float)
    den: dict[object, float] = defaultdict(float)
    role = {p.id: c for p, c in w.credits(method, unit, split)}
    team = {p.id: c for p, c in w.credits("author-fractional", unit, split)}
    for p, present in w.credits("full", unit, split):
        for u in present:
            if name in ("joint-papers", "partner-share", "collaboration-score"):
                if u == partner:
                    continue
                if name == "collaboration-score":
                    if partner in role[p.id] and u in role[p.id]:
                        num[u] += role[p.id][u] + role[p.id][partner]
                    continue
                if partner in present or name == "partner-share":
                    num[u] += float(partner in present)
                    den[u] += 1
                continue
            if len(present) < 2 or (method == "corresponding" and not any(a.is_corresponding for a in p.authors)):
                continue
            led, part = role[p.id].get(u, 0.0), team[p.id].get(u, 0.0)
            num[u] += {"lead-rate": led, "team-share": part, "lead-excess": led - part}[name]
            den[u] += 1
    is_total = name in ("joint-papers", "collaboration-score")
    return {u: n if is_total else n / den[u] for u, n in num.items()}


def of_policy(w: World, name: str, method: str, unit: str, split: str) -> dict[object, float]:
    """Indicators of a unit and the documents that cite it (7.3)."""
    seen: dict[object, set[object]] = defaultdict(set)
    num: dict[object, float] = defaultdict(float)
    den: dict[object, float] = defaultdict(float)
    for p, credit in w.credits(method, unit, split):
        if p.doi is None:
            continue
        links = {k.policy: k for k in w.policy.get(p.doi, [])}
        for u, c in credit.items():
            home = u if unit == "country" else w.institutions[u].country  # type: ignore[index]
            if name == "pp-policy-abroad":
                num[u] += c * any(k.country is None or (home is not None and k.country != home) for k in links.values())
                den[u] += c
            elif name == "policy-home-part":
                for k in links.values():
                    if k.country is not None and home is not None:
                        num[u] += c * (k.country == home)
                        den[u] += c
            else:
                key = {"policy-documents": "policy", "policy-organisations": "organisation", "policy-countries": "country"}[name]
                seen[u] |= {v for k in links.values() if (v := getattr(k, key)) is not None}
    if seen:
        return {u: float(len(s)) for u, s in seen.items() if s}
    return {u: num[u] / den[u] for u in den}


BESIDE = ("joint-papers", "partner-share", "collaboration-score", "lead-rate", "team-share", "lead-excess")
OF_POLICY = ("pp-policy-abroad", "policy-home-part", "policy-documents", "policy-organisations", "policy-countries")
