"""Topics and sources of the synthetic world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from armillary.synthetic import names
from armillary.synthetic.draws import F64, I32, Bool, Categorical, Randomness
from armillary.synthetic.fields import FIELDS, SUBJECTS

SUBFIELDS_PER_FIELD = 3
TOPICS_PER_SUBFIELD = 3
SOURCE_TYPES: tuple[str, ...] = ("journal", "conference", "repository", "book series")
MULTIDISCIPLINARY = 5


@dataclass(frozen=True)
class Topics:
    """Nine topics a field, in blocks by field and subfield; ``goal`` is the SDG (1 to 17) that a topic mostly serves, 0 for none."""

    name: list[str]
    subfield_name: list[str]
    goal: I32

    @property
    def per_field(self) -> int:
        """Topics in each field."""
        return SUBFIELDS_PER_FIELD * TOPICS_PER_SUBFIELD

    def subfield(self, topic: int) -> int:
        """Index of the subfield of a topic."""
        return topic // TOPICS_PER_SUBFIELD

    def field(self, topic: int) -> int:
        """Index of the field of a topic."""
        return topic // self.per_field

    @property
    def subfield_ids(self) -> list[int]:
        """Ids of subfields: field id times 100 plus a number, as in the real classification."""
        return [f.field_id * 100 + k + 1 for f in FIELDS for k in range(SUBFIELDS_PER_FIELD)]


@dataclass(frozen=True)
class Sources:
    """Journals by field, then conferences, repositories, book series and the multidisciplinary journals; parallel arrays."""

    name: list[str]
    type: I32
    issn_l: list[str]
    issns: list[tuple[str, ...]]
    publisher: I32
    subjects: list[tuple[str, ...]]
    """Subjects in the world's journal list; empty if not on the list."""
    is_split_by_article: Bool
    is_core: Bool
    journal_choice: Categorical
    """Rows are fields, columns sources."""
    conference: I32
    repository: I32
    book_series: I32

    def __len__(self) -> int:
        return len(self.name)


PUBLISHERS = 6
_GOALS = {
    11: (2, 15),
    12: (16,),
    13: (3,),
    14: (8,),
    15: (12,),
    18: (8,),
    19: (14, 13),
    20: (1, 8, 10),
    21: (7,),
    22: (9, 11),
    23: (13, 6, 15),
    24: (3,),
    27: (3,),
    29: (3,),
    30: (3,),
    33: (4, 5, 16, 17),
    34: (2,),
    36: (3,),
}


def build_topics(draws: Randomness) -> Topics:
    """All topics of a seed."""
    count = len(FIELDS) * SUBFIELDS_PER_FIELD * TOPICS_PER_SUBFIELD
    found = names.topic_names(draws, count + len(FIELDS) * SUBFIELDS_PER_FIELD)
    goal = np.zeros(count, np.int32)
    u = draws.unit("topic-goal", np.arange(count))
    for k in range(count):
        goals = _GOALS.get(FIELDS[k // 9].field_id, ())
        if goals and u[k] < 0.7:
            goal[k] = goals[int(u[k] / 0.7 * len(goals))]
    return Topics(found[:count], [name.split(" ", 1)[1].capitalize() + " studies" for name in found[count:]], goal)


def build_sources(draws: Randomness, count: int) -> Sources:
    """About ``count`` sources. A fifth of the journals in the five subjects is on the journal list, some of them in two subjects."""
    kinds: list[int] = []
    field_of: list[int] = []
    share = np.array([f.share for f in FIELDS])
    per_field = np.maximum(2, np.round(count * share / share.sum())).astype(int)
    for f, n in enumerate(per_field):
        kinds += [0] * n
        field_of += [f] * n
    journals = len(kinds)
    for kind, n in ((1, 6), (2, 5), (3, 6), (0, MULTIDISCIPLINARY)):
        kinds += [kind] * n
        field_of += [-1] * n
    total = len(kinds)
    weight = np.zeros((len(FIELDS), total))
    start = 0
    for f, n in enumerate(per_field):
        weight[f, start : start + n] = (1.0 + np.arange(n)) ** -0.8
        start += n
    weight[:, -MULTIDISCIPLINARY:] = 0.008 * weight.sum(axis=1, keepdims=True)
    subjects = [SUBJECTS if k >= total - MULTIDISCIPLINARY else _subjects(draws, k, field_of[k]) for k in range(total)]
    words = names.distinct(draws, "name-journal", total, 2, ("ica", "ae", "orum", "alis"))
    label = ("Journal of {} {}", "Proceedings of {}", "{} Preprints", "{} Studies in {}")
    titles = []
    for k in range(total):
        about = FIELDS[field_of[k]].name.split(",")[0].split(" and ")[0] if field_of[k] >= 0 else "Science"
        titles.append(label[kinds[k]].format(words[k], about) if field_of[k] >= 0 or kinds[k] else f"{words[k]} Letters of Science")
    serial = np.arange(total)
    main = [names.issn(9_000_000 + 2 * int(k)) for k in serial]
    u = draws.unit("source", serial)
    second = [(names.issn(9_000_001 + 2 * int(k)),) if u[k] < 0.7 and kinds[k] != 2 else () for k in serial]
    kind_array = np.array(kinds)
    return Sources(
        titles,
        kind_array.astype(np.int32),
        main,
        [(a, *b) for a, b in zip(main, second, strict=True)],
        (draws.bits("source-publisher", serial) % np.uint64(PUBLISHERS)).astype(np.int32),
        subjects,
        serial >= total - MULTIDISCIPLINARY,
        (kind_array == 0) & (draws.unit("source-core", serial) < 0.75),
        Categorical(weight),
        *(np.flatnonzero((kind_array == kind) & (serial >= journals)).astype(np.int32) for kind in (1, 2, 3)),
    )


def _subjects(draws: Randomness, source: int, field: int) -> tuple[str, ...]:
    if field < 0:
        return ()
    subject = FIELDS[field].subject
    u = draws.unit("list", source)[0]
    if subject is None or u > 0.3:
        return ()
    other = SUBJECTS[int(draws.unit("list-second", source)[0] * len(SUBJECTS))]
    return tuple(sorted({subject, other})) if u < 0.06 else (subject,)


def weights_by_field() -> F64:
    """Share of works of each field."""
    share = np.array([f.share for f in FIELDS])
    return np.asarray(share / share.sum())
