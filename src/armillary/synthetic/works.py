"""Works of the synthetic world as columns: bylines, addresses, attributes. The writers turn these into JSON or Parquet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from armillary.synthetic.citations import continues, outside_ids, references
from armillary.synthetic.draws import F64, I8, I32, I64, U64, Bool, Categorical, pick, ranges
from armillary.synthetic.fields import FIELD_INDEX, FIELDS
from armillary.synthetic.world import FIRST_YEAR, YEARS, World

TYPES: tuple[str, ...] = (
    "article",
    "review",
    "book-chapter",
    "preprint",
    "letter",
    "editorial",
    "dataset",
    "dissertation",
    "book",
    "erratum",
    "paratext",
    "other",
)
_TYPE_CUM = np.cumsum([0.79, 0.055, 0.05, 0.045, 0.012, 0.01, 0.006, 0.005, 0.004])
LANGUAGES: tuple[str, ...] = ("en", "es", "de", "fr", "zh", "pt")
_LANGUAGE_CUM = np.cumsum([0.93, 0.02, 0.015, 0.015, 0.01, 0.01])
OA_STATUS: tuple[str, ...] = ("closed", "gold", "green", "hybrid", "bronze", "diamond")
NONE, UNMATCHED, MATCHED = 0, 1, 2
"""Kinds of an author's address: no address line, a line that matched nothing, a matched line."""
MAX_AUTHORS = 1_500


@dataclass(frozen=True)
class Works:
    """Columns of some works. ``a_`` columns have one element an authorship, in byline order, works one after the other (``n_authors``
    each).
    """

    i: I64
    year: I32
    day: I32
    field: I32
    topics: I32
    """Three topics a work, primary first, -1 for none."""
    scores: F64
    type: I8
    source: I64
    language: I8
    oa: I8
    is_retracted: Bool
    is_xpac: Bool
    has_doi: Bool
    has_abstract: Bool
    sdg: I8
    """Two goals a work, 0 for none."""
    sdg_score: F64
    award: I64
    """Number of the award, -1 for none; the funder follows from it."""
    n_references: I64
    targets: I64
    n_outside: I64
    outside: I64
    n_authors: I64
    a_work: I64
    author: I64
    """Number of the author; -1 where the record has no author id."""
    a_kind: I8
    inst: I64
    """Institution of the first address line, -1 if unmatched or none."""
    inst_parent: I64
    """Second institution matched on the same line (its parent), or -1."""
    inst_second: I64
    """Institution of a second address line, or -1."""
    country_only: I64
    """Country that the record gives although no institution matched, or -1."""
    corresponding: I8
    """1, 0, or -1 for unknown."""
    is_lead: Bool
    """The author who was drawn as leader (slot 0 before any alphabetical sorting)."""
    word: U64

    def __len__(self) -> int:
        return len(self.i)

    @property
    def starts(self) -> I64:
        """First authorship of each work, and the number of authorships at the end."""
        return np.concatenate([[0], np.cumsum(self.n_authors)])


def make(world: World, i: I64) -> Works:
    """The works with numbers ``i`` (ascending), each the same whatever else is asked for."""
    draws = world.draws
    word = draws.bits("work", i)
    year, field = world.year_field(i)
    kind = _types(world, i)
    topics, scores = _topics(world, word, field)
    sdg, sdg_score = _goals(world, word, topics)
    count, targets, n_outside = references(world, i)
    n_authors, columns = _byline(world, i, word, year, field, kind)
    return Works(
        i=i,
        year=year + FIRST_YEAR,
        day=(draws.derive(word, "day") * 365).astype(np.int32),
        field=field,
        topics=topics,
        scores=scores,
        type=kind,
        source=_source(world, word, field, kind),
        language=pick(_LANGUAGE_CUM, draws.derive(word, "language")).astype(np.int8),
        oa=_oa(world, word, year),
        is_retracted=draws.derive(word, "retracted") < 0.0008,
        is_xpac=world.draws.unit("kind", i) < 0.01,
        has_doi=draws.derive(word, "doi") > 0.05,
        has_abstract=draws.derive(word, "abstract") > 0.15,
        sdg=sdg,
        sdg_score=sdg_score,
        award=np.where(draws.derive(word, "funded") < 0.3, (draws.derive(word, "award") * max(50, world.works // 6)).astype(np.int64), -1),
        n_references=count + n_outside,
        targets=targets,
        n_outside=n_outside,
        outside=outside_ids(world, i, n_outside),
        n_authors=n_authors,
        **columns,
    )


def _types(world: World, i: I64) -> I8:
    """Document types; what has no references by its kind is a record of the expansion, a cover or a correction."""
    kind = pick(_TYPE_CUM, world.draws.unit("type", i)).astype(np.int8)
    u = world.draws.unit("kind", i)
    kind[u < 0.01] = TYPES.index("other")
    kind[(u >= 0.01) & (u < 0.014)] = TYPES.index("paratext")
    kind[(u >= 0.014) & (u < 0.018)] = TYPES.index("erratum")
    return kind


def _topics(world: World, word: U64, field: I32) -> tuple[I32, F64]:
    draws, per = world.draws, world.topics.per_field
    first = field * per + (draws.derive(word, "topic") ** 1.3 * per).astype(np.int64)
    second = field * per + (draws.derive(word, "topic2") * per).astype(np.int64)
    other = _any_field.draw(draws.derive(word, "field2")) * per + (draws.derive(word, "topic3") * per).astype(np.int64)
    topics = np.stack([first, np.where(second != first, second, -1), np.where((other != first) & (other != second), other, -1)], axis=1)
    top = 0.9 + 0.0999 * draws.derive(word, "score")
    step = 0.7 + 0.3 * np.stack([draws.derive(word, "score2"), draws.derive(word, "score3")], axis=1)
    return topics.astype(np.int32), np.column_stack([top, top * step[:, 0], top * step[:, 0] * step[:, 1]]).round(4)


_any_field = Categorical(np.array([f.share for f in FIELDS]))


def _goals(world: World, word: U64, topics: I32) -> tuple[I8, F64]:
    draws = world.draws
    main = world.topics.goal[topics[:, 0]]
    first = np.where(draws.derive(word, "goal") < 0.75, main, 0)
    second = np.where(draws.derive(word, "goal2") < 0.06, 1 + (draws.derive(word, "which goal") * 17).astype(np.int64), 0)
    second[second == first] = 0
    score = 0.4 + 0.55 * draws.derive(word, "goal score")
    low = 0.15 + 0.5 * draws.derive(word, "goal score2")
    return np.stack([first, second], axis=1).astype(np.int8), np.stack([score, low], axis=1).round(2)


def _source(world: World, word: U64, field: I32, kind: I8) -> I64:
    draws, sources = world.draws, world.sources
    u = draws.derive(word, "source")
    found = sources.journal_choice.draw(u, field)
    for types, pool in (
        (("preprint", "other", "dataset", "dissertation"), sources.repository),
        (("book-chapter", "book"), sources.book_series),
    ):
        found = np.where(np.isin(kind, [TYPES.index(t) for t in types]), pool[(u * len(pool)).astype(np.int64)], found)
    meeting = np.isin(field, (FIELD_INDEX[17], FIELD_INDEX[22])) & (kind == 0) & (draws.derive(word, "conference") < 0.35)
    found = np.where(meeting, sources.conference[(u * len(sources.conference)).astype(np.int64)], found)
    return np.where(draws.derive(word, "no source") < 0.04, -1, found)


def _oa(world: World, word: U64, year: I32) -> I8:
    u = world.draws.derive(word, "oa")
    closed = 0.62 - 0.3 * year / YEARS
    rest = np.clip((u - closed) / (1 - closed), 0, 0.999999)
    return np.where(u < closed, 0, 1 + pick(np.cumsum([0.45, 0.22, 0.15, 0.1, 0.08]), rest)).astype(np.int8)


def team_sizes(world: World, word: U64, year: I32, field: I32, kind: I8) -> I64:
    """Authors of each work: log-normal by field with slow growth, and now and then a consortium with a Pareto tail."""
    draws = world.draws
    mean = np.array([f.team for f in FIELDS])[field] * 1.012 ** (year - YEARS / 2)
    z = ndtri(np.clip(draws.derive(word, "team"), 1e-9, 1 - 1e-9))
    size = np.minimum(60, 1 + (mean * np.exp(0.75 * z - 0.28) + 0.5).astype(np.int64))
    big = draws.derive(word, "consortium") < np.where(np.isin(field, (FIELD_INDEX[31], FIELD_INDEX[27])), 0.0025, 0.0001)
    tail = np.minimum(MAX_AUTHORS, 40 + (30 * (1 - draws.derive(word, "consortium size")) ** -0.9).astype(np.int64))
    size = np.where(big, tail, size)
    size[kind == TYPES.index("paratext")] = 0
    size[draws.derive(word, "no authors") < 0.006] = 0
    return size


def _byline(world: World, i: I64, work_word: U64, year: I32, field: I32, kind: I8) -> tuple[I64, dict[str, np.ndarray]]:
    draws = world.draws
    size = team_sizes(world, work_word, year, field, kind)
    work, slot = ranges(size)
    word = draws.bits("slot", i[work], slot)
    author, inst = _authors(world, i, work, slot, word, year, field, size)
    work, slot, word, author, inst, is_lead = _order(world, work, slot, word, author, inst, work_word, field)
    count = np.bincount(work, minlength=len(i))
    addresses = _addresses(world, word, author, inst, is_lead)
    author = np.where(draws.derive(word, "no author id") < 0.012, -1, author)
    return count, {
        "a_work": work,
        "author": author,
        "corresponding": _corresponding(world, work, work_word, count),
        "is_lead": is_lead,
        **addresses,
    }


def _authors(world: World, i: I64, work: I64, slot: I64, word: U64, year: I32, field: I32, size: I64) -> tuple[I64, I64]:
    """Author and institution of each slot: slot 0 leads, slot 1 of some works is the leader of the work that is continued, then
    colleagues and partners.
    """
    draws, people, inst_table = world.draws, world.people, world.inst
    lead_inst, lead_author, _ = world.lead(i)
    lead_country = inst_table.country[lead_inst]
    foreign = np.array([f.foreign for f in FIELDS])[field]
    spread = np.where(size > 60, 3.0, 1.0) * np.where(draws.derive(draws.bits("work", i), "international") < 0.25 * foreign, 2.4, 0.12)
    u = draws.derive(word, "tie")
    abroad = np.minimum(0.75, 0.25 * foreign * spread)[work]
    country = np.where(u < abroad, world.partner_choice.draw(draws.derive(word, "partner"), lead_country[work]), lead_country[work])
    domain = world.domain_of_field[field][work]
    elsewhere = world.institution_in(country, domain, draws.derive(word, "institution"))
    inst = np.where((u < abroad) | (u > 0.75), elsewhere, lead_inst[work])
    y = (year + FIRST_YEAR)[work]
    author = people.draw(inst, field[work], y, draws.derive(word, "person"), draws.derive(word, "prolific"))
    inst = people.workplace(author, inst, y)
    author, inst = np.where(slot == 0, lead_author[work], author), np.where(slot == 0, lead_inst[work], inst)
    earlier = continues(world, i)
    joins = (slot == 1) & (earlier[work] >= 0)
    old = np.where(earlier >= 0, earlier, i)
    old_inst, old_author, _ = world.lead(old)
    author = np.where(joins, old_author[work], author)
    inst = np.where(joins, people.workplace(old_author, old_inst, year + FIRST_YEAR)[work], inst)
    a_year = np.bincount(world.plan.cell(np.arange(min(world.works, 9973))) // len(FIELDS), minlength=YEARS) * (
        world.works / min(world.works, 9973)
    )
    u = draws.derive(draws.bits("work", i), "merged")[work]
    low = np.zeros(len(u))
    for k, wanted in enumerate(world.merged.works_a_year):
        rate = np.minimum(0.12, wanted / a_year)[year][work]
        author = np.where(
            (slot == np.minimum(2, size[work] - 1)) & (slot > 0) & (u >= low) & (u < low + rate), world.merged.authors[k], author
        )
        low = low + rate
    return author, inst


def _order(
    world: World, work: I64, slot: I64, word: U64, author: I64, inst: I64, work_word: U64, field: I32
) -> tuple[I64, I64, U64, I64, I64, Bool]:
    """Byline order: as drawn, or by family name where the field does so; a person who was drawn twice for a work stays once."""
    order = np.lexsort((slot, author, work))
    repeat = np.zeros(len(work), bool)
    repeat[order[1:]] = (work[order[1:]] == work[order[:-1]]) & (author[order[1:]] == author[order[:-1]])
    keep = ~repeat
    work, slot, word, author, inst = work[keep], slot[keep], word[keep], author[keep], inst[keep]
    is_lead = slot == 0
    sorts = world.draws.derive(work_word, "alphabetical") < np.array([f.alphabetical for f in FIELDS])[field]
    rows = np.flatnonzero(sorts[work])
    family = world.people.name_index(author[rows])[1]
    to = rows[np.lexsort((slot[rows], family, work[rows]))]
    order = np.arange(len(work))
    order[rows] = to
    return work, slot[order], word[order], author[order], inst[order], is_lead[order]


def _addresses(world: World, word: U64, author: I64, inst: I64, is_lead: Bool) -> dict[str, np.ndarray]:
    draws = world.draws
    u = draws.derive(word, "address")
    kind = np.where(u < np.where(is_lead, 0.015, 0.05), NONE, np.where(u < np.where(is_lead, 0.04, 0.11), UNMATCHED, MATCHED)).astype(
        np.int8
    )
    parent = np.array([p[0] if p else -1 for p in world.inst.parents], np.int64)[inst]
    country = np.where((kind == UNMATCHED) & (draws.derive(word, "country only") < 0.3), world.inst.country[inst], -1)
    second = world.people.second(np.minimum(author, world.people.count - 1), inst)
    return {
        "a_kind": kind,
        "inst": np.where(kind == MATCHED, inst, -1),
        "country_only": country,
        "word": word,
        "inst_parent": np.where((kind == MATCHED) & (draws.derive(word, "parent line") < 0.25), parent, -1),
        "inst_second": np.where((kind == MATCHED) & (author < world.people.count) & (second != inst), second, -1),
    }


def _corresponding(world: World, work: I64, work_word: U64, count: I64) -> I8:
    """Corresponding flags: unknown for two works in five; else the first author, the last, both, or nobody."""
    draws = world.draws
    place = np.arange(len(work)) - np.repeat(np.cumsum(count) - count, count)
    style = draws.derive(work_word, "corresponding style")[work]
    first, last = place == 0, place == count[work] - 1
    flag = (first & (style < 0.7)) | (last & (style >= 0.6) & (style < 0.95))
    return np.where(draws.derive(work_word, "corresponding known")[work] < 0.4, -1, flag).astype(np.int8)
