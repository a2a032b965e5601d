"""Contribution statements with planted leaders: who leads follows from byline position, the corresponding flag and seniority.

A second file has the same works and authors with leaders drawn by lot, in which no model may find anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
from scipy.special import ndtri

from armillary.synthetic import works as w_
from armillary.synthetic.draws import F64, Bool
from armillary.synthetic.texts import Texts
from armillary.synthetic.works import Works
from armillary.synthetic.world import World
from armillary.synthetic.write_jsonl import doi

_LEAD = (
    "conceived the study and wrote the manuscript",
    "designed the study and supervised the project",
    "wrote the paper and acquired funding",
)
_SUPPORT = (
    "performed the measurements",
    "analyzed the data",
    "collected samples and ran experiments",
    "prepared the figures",
    "developed the software",
)


def sample(world: World) -> Works:
    """The works with statements: up to 6,000, spread over the world, with a DOI and two to twenty authors whose initials differ."""
    step = -(-world.works // 8_000)
    return w_.make(world, np.arange(0, world.works, step))


def lead_score(world: World, w: Works) -> F64:
    """Planted inclination to lead of each authorship, before noise: positive is lead."""
    place = np.arange(len(w.a_work)) - w.starts[w.a_work]
    size = w.n_authors[w.a_work]
    known = np.clip(w.author, 0, world.people.count - 1)
    age = np.clip((w.year[w.a_work] - world.people.career_start(known)) / 10, 0, 2)
    return np.asarray(2.5 * (place == 0) + 2.2 * ((place == size - 1) & (size > 1)) + 1.3 * (w.corresponding == 1) + 0.5 * age - 1.9)


def leaders(world: World, w: Works, *, planted: bool = True) -> Bool:
    """Who leads: by :func:`lead_score` with a little noise, or (``planted=False``) by lot with chance one in three."""
    u = world.draws.derive(w.word, "leads")
    if not planted:
        return np.asarray(u < 1 / 3)
    return np.asarray(lead_score(world, w) + 0.4 * ndtri(np.clip(u, 1e-9, 1 - 1e-9)) > 0)


def statements(world: World, *, planted: bool = True) -> Iterator[str]:
    """JSON lines: doi, title, authors, contribution."""
    w = sample(world)
    given, family = world.people.name_index(np.abs(w.author))
    first, last = world.people.given, world.people.family
    names = [f"{first[g]} {last[f]}" for g, f in zip(given.tolist(), family.tolist(), strict=True)]
    initials = [f"{first[g][0]}.{last[f][0]}." for g, f in zip(given.tolist(), family.tolist(), strict=True)]
    lead = leaders(world, w, planted=planted).tolist()
    texts = Texts(world.draws, world.topics.name)
    variant = (world.draws.bits("title", w.i) % np.uint64(8)).tolist()
    starts = w.starts.tolist()
    for k in range(len(w)):
        low, high = starts[k], starts[k + 1]
        who = initials[low:high]
        if not w.has_doi[k] or not 2 <= high - low <= 20 or len(set(who)) < len(who):
            continue
        parts = []
        for j in range(low, high):
            pool = _LEAD if lead[j] else _SUPPORT
            parts.append(f"{initials[j]} {pool[(j + int(w.i[k])) % len(pool)]}.")
        yield json.dumps(
            {
                "doi": doi(int(w.i[k])),
                "title": texts.plain_titles[int(w.topics[k, 0])][variant[k]],
                "authors": names[low:high],
                "contribution": " ".join(parts),
            },
            ensure_ascii=False,
        )
