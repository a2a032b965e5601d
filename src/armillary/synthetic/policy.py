"""Policy documents that cite works of the world. Planted: exactly a quarter of the accepted citations come from international
organisations.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from armillary.synthetic.draws import I64, Bool
from armillary.synthetic.world import FIRST_YEAR, World
from armillary.synthetic.write_jsonl import doi

KINDS: tuple[str, ...] = ("government",) * 10 + ("igo",) * 5 + ("think tank",) * 3 + ("ngo",) * 2
"""Types of the organisations of twenty documents in turn; the twenty cite equally many works."""
JUNK: tuple[str, ...] = ("10", "10.00098", "", "not a doi")
_CANDIDATES = 160


def documents(world: World) -> int:
    """Number of policy documents (a multiple of twenty)."""
    return 20 * int(min(1_000, max(10, world.works // 800)))


def cited(world: World) -> tuple[I64, I64]:
    """Document and work of each good citation. Governments cite home more than anyone else; works that serve a goal are cited three
    times as often.
    """
    draws, n = world.draws, documents(world)
    document = np.arange(n)
    wanted = 3 + (draws.unit("policy-cites", document // 20) * 15).astype(np.int64)
    work = (draws.bits("policy-work", document[:, None], np.arange(_CANDIDATES)[None, :]) % np.uint64(world.works)).astype(np.int64)
    flat = work.ravel()
    word = draws.bits("work", flat)
    field = world.year_field(flat)[1]
    topic = field * 9 + (draws.derive(word, "topic") ** 1.3 * 9).astype(np.int64)
    home = world.inst.country[world.lead(flat)[0]].reshape(work.shape) == (document % world.n_countries)[:, None]
    chance = np.where(world.topics.goal[topic].reshape(work.shape) > 0, 0.3, 0.1) * np.where(home & (document % 20 < 10)[:, None], 3.0, 1.0)
    good = (draws.derive(word, "doi") > 0.05).reshape(work.shape)
    lucky = draws.unit("policy-chance", document[:, None] * 1000 + np.arange(_CANDIDATES)[None, :]) < chance
    rows: list[int] = []
    works: list[int] = []
    for d in range(n):
        order = [*np.flatnonzero(good[d] & lucky[d]).tolist(), *np.flatnonzero(good[d] & ~lucky[d]).tolist()]
        found = list(dict.fromkeys(work[d, order].tolist()))[: int(wanted[d])]
        rows += [d] * len(found)
        works += found
    return np.array(rows), np.array(works)


def has_doi(world: World, i: I64) -> Bool:
    """Which works have a DOI."""
    return np.asarray(world.draws.derive(world.draws.bits("work", i), "doi") > 0.05)


def table(world: World) -> pa.Table:
    """The plain table of policy citations, junk included (which a reader must reject)."""
    document, work = cited(world)
    dois = [doi(i) for i in work.tolist()]
    n = documents(world)
    junk = np.arange(0, n, 10)
    rows = np.concatenate([document, junk])
    dois += [JUNK[k % len(JUNK)] for k in range(len(junk))]
    order = np.argsort(rows, kind="stable")
    geo = world.geo
    kinds = [KINDS[d % 20] for d in rows[order].tolist()]
    country = [geo.codes[d % world.n_countries] if k == "government" else "" for d, k in zip(rows[order].tolist(), kinds, strict=True)]
    return pa.table(
        {
            "policy_id": [f"SYN-POL-{d:06d}" for d in rows[order].tolist()],
            "title": [f"Synthetic policy paper {d}" for d in rows[order].tolist()],
            "organisation": [_organisation(world, d, k) for d, k in zip(rows[order].tolist(), kinds, strict=True)],
            "organisation_type": kinds,
            "country": country,
            "year": FIRST_YEAR + 5 + rows[order] % 16,
            "doi": [dois[k] for k in order.tolist()],
            "group": [f"chapter {1 + d % 4}" for d in rows[order].tolist()],
        }
    )


def _organisation(world: World, document: int, kind: str) -> str:
    name = world.geo.country_names[document % world.n_countries]
    return {
        "government": f"{name} Cabinet Office",
        "igo": f"Union of the {world.geo.country_names[document % 3]} Sea",
        "think tank": f"{name} Policy Forum",
        "ngo": f"Friends of {name}",
    }[kind]
