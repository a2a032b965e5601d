"""Topics that OpenAlex gave to works which it could not classify: no topics (registry/openalex.toml, ``default_topics``)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from armillary.sources.openalex.records import facts

_FACTS = facts()["default_topics"]
IDS: frozenset[int] = frozenset(_FACTS["ids"])
SCORES: tuple[float, ...] = tuple(_FACTS["scores"])
WITHIN: float = _FACTS["within"]


def is_default(number: int | None, score: float | None, language: str | None) -> bool:
    """Whether a topic was given by default: one of these topics, with the score that goes with the default.

    Slim records have no scores; there it is one where the work is not in English.
    """
    if number not in IDS:
        return False
    if score is None:
        return language != "en"
    return any(abs(score - s) <= WITHIN for s in SCORES)


def are_defaults(numbers: pa.Array, scores: pa.Array, languages: pa.Array) -> npt.NDArray[np.bool_]:
    """:func:`is_default` of columns."""
    found: npt.NDArray[np.bool_] = pc.is_in(numbers, value_set=pa.array(sorted(IDS), numbers.type)).to_numpy(zero_copy_only=False).copy()
    for k in np.flatnonzero(found).tolist():
        found[k] = is_default(numbers[k].as_py(), scores[k].as_py(), languages[k].as_py())
    return found
