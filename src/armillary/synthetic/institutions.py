"""Institutions of the synthetic world: types, places, weights, and a hierarchy with the cases that make roll-up hard.

Planted: an academy (country 0) with institutes in many cities and two universities of its own, which must stay separate; a university
outside the core of its metropolis but inside the metropolitan area, in each of several countries; hospitals tied to a university;
companies with laboratories abroad; a joint laboratory with two parents.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from armillary.synthetic import names
from armillary.synthetic.draws import F64, I32, Randomness, pick
from armillary.synthetic.geography import CORE_KM, Geography, offset

TYPES: tuple[str, ...] = ("education", "healthcare", "company", "facility", "government", "nonprofit", "archive")
_EDUCATION, _HEALTHCARE, _COMPANY, _FACILITY, _GOVERNMENT = 0, 1, 2, 3, 4
_TYPE_SHARE = np.array([0.52, 0.13, 0.13, 0.1, 0.06, 0.05, 0.01])
_TYPE_OUTPUT = np.array([1.0, 0.5, 0.22, 0.5, 0.35, 0.15, 0.05])
_DOMAIN_BY_TYPE = np.array(  # rows: Life, Social, Physical, Health; columns: TYPES
    [
        [1, 0.7, 0.4, 1.6, 1, 0.8, 1],
        [1.2, 0.1, 0.15, 0.3, 1.2, 1.2, 2],
        [1, 0.05, 1.8, 1.5, 0.8, 0.4, 0.2],
        [0.8, 3.2, 0.5, 0.4, 0.8, 1, 0.1],
    ]
)
_PATTERN = {
    0: ("University of {city}", "{city} Technical University", "{person} College {city}", "{city} State University"),
    1: ("{city} General Hospital", "{person} Clinic {city}"),
    2: ("{person} Works", "{person} & {person2} Laboratories", "{person} Instruments"),
    3: ("{person} Institute {city}", "{city} Observatory"),
    4: ("{country} Bureau of {person} Studies", "Ministry of Works, {city}"),
    5: ("{person} Foundation", "{city} Trust"),
    6: ("{city} Archive",),
}


@dataclass
class Institutions:
    """Parallel arrays, one element an institution, sorted by country. ``parents`` are direct; ``lineage`` is self and all ancestors."""

    name: list[str]
    country: I32
    city: I32
    type: I32
    lat: F64
    lon: F64
    weight: F64
    ror: list[str]
    parents: list[tuple[int, ...]]
    is_located: list[bool]
    role: dict[str, list[int]] = field(default_factory=dict)
    """Planted cases: academy, academy_institute, academy_university, outside_core, joint_laboratory, subsidiary, hospital, star."""
    lineage: list[tuple[int, ...]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.country)


def institutions(draws: Randomness, geo: Geography, count: int, country_weight: F64) -> Institutions:
    """About ``count`` institutions (never fewer than five a country), spread over countries by ``country_weight**0.7``."""
    share = country_weight**0.7 / np.sum(country_weight**0.7)
    per_country = np.maximum(5, np.round(count * share)).astype(int)
    rows: list[tuple[int, int, int, float, str]] = []  # country, city, type, weight, role
    for c, n in enumerate(per_country):
        rows += _ordinary(draws, geo, c, int(n))
    rows += _planted(geo, len(per_country))
    rows.sort(key=lambda row: row[0])
    country, city, kind, weight, roles = zip(*rows, strict=True)
    inst = Institutions(
        [],
        np.array(country, np.int32),
        np.array(city, np.int32),
        np.array(kind, np.int32),
        np.zeros(len(rows)),
        np.zeros(len(rows)),
        np.array(weight),
        [],
        [()] * len(rows),
        [],
    )
    _places(draws, geo, inst)
    _names(draws, geo, inst)
    for k, role in enumerate(roles):
        if role:
            inst.role.setdefault(role, []).append(k)
    _parents(draws, inst)
    inst.lineage = [_ancestors(inst.parents, k) for k in range(len(inst))]
    inst.role["star"] = [int(k) for k in _stars(inst)]
    return inst


def _ordinary(draws: Randomness, geo: Geography, c: int, n: int) -> list[tuple[int, int, int, float, str]]:
    here = np.flatnonzero(geo.city_country == c)
    key = np.arange(n) + c * 100_000
    towns = geo.city_metro[here] != here
    size = np.where(towns, 0.0, geo.city_population[here].astype(float)) ** 0.9
    city = here[pick(np.cumsum(size), draws.unit("inst-city", key))]
    kind = pick(np.cumsum(_TYPE_SHARE), draws.unit("inst-type", key))
    kind[0] = kind[1] = _EDUCATION
    output = _TYPE_OUTPUT[kind] * (1 + np.arange(n)) ** -0.75 * (0.7 + 0.6 * draws.unit("inst-size", key))
    rows = [(c, int(a), int(b), float(w), "") for a, b, w in zip(city, kind, output, strict=True)]
    for town in here[towns][:1]:
        rows.append((c, int(town), _EDUCATION, 0.45, "outside_core"))
    return rows


def _planted(geo: Geography, n_countries: int) -> list[tuple[int, int, int, float, str]]:
    here = [int(k) for k in np.flatnonzero(geo.city_country == 0) if geo.city_metro[k] == k]
    rows = [(0, here[0], _GOVERNMENT, 0.05, "academy")]
    rows += [(0, city, _FACILITY, 0.3 / (1 + 0.3 * k), "academy_institute") for k, city in enumerate(here[:12])]
    rows += [(0, here[0], _EDUCATION, 0.5, "academy_university"), (0, here[1], _EDUCATION, 0.4, "academy_university")]
    if geo.special:
        rows += [(0, geo.special["border_a"], _EDUCATION, 0.6, ""), (1, geo.special["border_b"], _EDUCATION, 0.6, "")]
        rows += [(1, geo.special["border_b"], _FACILITY, 0.3, "joint_laboratory")]
        for role in ("merge_a", "merge_b", "apart_a", "apart_b"):
            rows.append((int(geo.city_country[geo.special[role]]), geo.special[role], _EDUCATION, 0.25, ""))
    for c in range(1, min(n_countries, 5)):
        rows.append((c, int(np.flatnonzero(geo.city_country == c)[0]), _COMPANY, 0.08, "subsidiary"))
    return rows


def _places(draws: Randomness, geo: Geography, inst: Institutions) -> None:
    key = np.arange(len(inst))
    turn = 2 * np.pi * draws.unit("inst-turn", key)
    radius = CORE_KM * np.minimum(1.0, -np.log1p(-draws.unit("inst-radius", key)) / 2.5)
    inst.lon, inst.lat = (
        np.asarray(x).round(5)
        for x in offset(geo.city_lon[inst.city], geo.city_lat[inst.city], radius * np.sin(turn), radius * np.cos(turn))
    )
    inst.is_located = [bool(u > 0.01) for u in draws.unit("inst-located", key)]
    numbers = draws.bits("inst-ror", key) % np.uint64(32**6)
    inst.ror = [names.ror(int(x)) for x in numbers]


def _names(draws: Randomness, geo: Geography, inst: Institutions) -> None:
    families = names.family_names(draws)
    seen: dict[str, int] = {}
    u = draws.unit("inst-name", np.arange(len(inst))[:, None], np.arange(3)[None, :])
    for k in range(len(inst)):
        patterns = _PATTERN[int(inst.type[k])]
        text = patterns[int(u[k, 0] * len(patterns))].format(
            city=geo.city_names[inst.city[k]],
            country=geo.country_names[inst.country[k]],
            person=families[int(u[k, 1] * len(families))],
            person2=families[int(u[k, 2] * len(families))],
        )
        seen[text] = seen.get(text, 0) + 1
        inst.name.append(text if seen[text] == 1 else f"{text} {_roman(seen[text])}")


def _roman(number: int) -> str:
    text = ""
    for value, sign in ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        text += sign * (number // value)
        number %= value
    return text


def _parents(draws: Randomness, inst: Institutions) -> None:
    academy = inst.role["academy"][0]
    inst.name[academy] = "Academy of Sciences of " + inst.name[academy].split(" ")[0]
    for k in inst.role["academy_institute"]:
        inst.parents[k] = (academy,)
        inst.name[k] = f"{inst.name[k]}, {inst.name[academy]}"
    for n, k in enumerate(inst.role["academy_university"]):
        inst.parents[k] = (academy,)
        inst.name[k] = ("University of the Academy", "Academy University of Technology")[n] + f" ({inst.name[academy][24:]})"
    companies = [k for k in range(len(inst)) if inst.type[k] == _COMPANY and inst.country[k] == 0]
    for n, k in enumerate(inst.role["subsidiary"]):
        if companies:
            inst.parents[k] = (companies[n % len(companies)],)
            inst.name[k] = f"{inst.name[companies[n % len(companies)]]} ({inst.name[k]})"
    teaching = {int(inst.city[k]): int(k) for k in np.flatnonzero(inst.type == _EDUCATION)[::-1]}
    u = draws.unit("inst-hospital", np.arange(len(inst)))
    for k in np.flatnonzero(inst.type == _HEALTHCARE).tolist():
        if u[k] < 0.6 and int(inst.city[k]) in teaching:
            inst.parents[k] = (teaching[int(inst.city[k])],)
            inst.role.setdefault("hospital", []).append(k)
    for k in inst.role.get("joint_laboratory", []):
        pair = [int(j) for j in np.flatnonzero((inst.type == _EDUCATION) & (inst.city == inst.city[k]))][:1]
        inst.parents[k] = tuple(sorted({academy, *pair}))


def _ancestors(parents: list[tuple[int, ...]], k: int) -> tuple[int, ...]:
    found, todo = [k], list(parents[k])
    while todo:
        above = todo.pop(0)
        if above not in found:
            found.append(above)
            todo += parents[above]
    return tuple(found)


def _stars(inst: Institutions) -> list[int]:
    """Two middling universities whose works get a planted citation advantage."""
    able = (inst.type == _EDUCATION) & (inst.country >= 2)
    order = [int(k) for k in np.argsort(-inst.weight, kind="stable") if able[k] and not inst.parents[k]]
    return order[3:5]


def domain_choice(inst: Institutions) -> F64:
    """Weights of institutions (columns) in the four domains (rows 0..3 for domain ids 1..4)."""
    return np.asarray(inst.weight[None, :] * _DOMAIN_BY_TYPE[:, inst.type])
