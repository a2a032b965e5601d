"""Features of an author on a paper (METHODS 4.6): the byline alone, or the byline and the authors' history in the corpus."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.arrays import Floats

BYLINE = {
    "n_authors": "authors of the paper",
    "place": "place in the byline, 0 first to 1 last (a sole author: 0)",
    "from_start": "place counted from the first author, 0, 1, 2, ... up to 10",
    "from_end": "place counted from the last author, 0, 1, 2, ... up to 10",
    "is_alphabetical": "the byline is in alphabetical order of surnames (1) or not (0)",
    "is_corresponding": "flagged as corresponding (1), not flagged on a paper that flags somebody (0), unknown (missing)",
}
"""Features that any byline gives, with their meaning."""
HISTORY = {
    "past_works": "log(1 + works of earlier years in this corpus)",
    "past_citations": "log(1 + citations before the paper's year to works of earlier years)",
    "career_age": "years since the author's first work in this corpus",
    "age_gap": "years behind the co-author with the longest career (0 for that one)",
    "references_known": "share of the paper's references that the author cited before",
    "references_own": "share of the paper's references that the author wrote",
    "topic_cosine": "cosine of the topics of the author's earlier works and the paper's topics",
    "past_coauthors": "co-authors of this paper with whom the author published before",
    "field": "OpenAlex field of the paper",
    "year": "publication year",
}
"""Features that need the corpus; missing where the author has no id or no history."""
FEATURE_SETS: dict[str, tuple[str, ...]] = {"byline": tuple(BYLINE), "full": (*BYLINE, *HISTORY)}


def sort_key(name: str | None) -> str:
    """The surname as a list of authors is sorted by: last word, without accents, case, or a suffix such as Jr."""
    text = unicodedata.normalize("NFKD", name or "").encode("ascii", "ignore").decode().casefold()
    if "," in text:
        text = text.split(",")[0]
    words = [w for w in text.replace(".", " ").split() if w not in ("jr", "sr", "ii", "iii")]
    return words[-1] if words else ""


def is_alphabetical(names: Sequence[str | None]) -> bool | None:
    """Whether three or more authors stand in alphabetical order of their surnames; None for fewer, or where a surname is missing.

    Two authors are in order half the time by luck; three or more all-in-order say something (METHODS 9.4).
    """
    keys = [sort_key(n) for n in names]
    if len(keys) < 3 or not all(keys):
        return None
    return all(a <= b for a, b in pairwise(keys))


def byline_matrix(paper: NDArray[Any], seq: NDArray[Any], n_authors: NDArray[Any], alphabetical: Floats, corresponding: Floats) -> Floats:
    """The byline features of each row. ``seq`` counts from 1; ``alphabetical`` and ``corresponding`` are 0, 1 or NaN.

    ``corresponding`` is the flag as served: where no author of a paper is flagged, it is unknown for all of them.
    """
    n, k = n_authors.astype(np.float64), seq.astype(np.float64)
    place = np.divide(k - 1, n - 1, out=np.zeros_like(n), where=n > 1)
    _, group = np.unique(paper, return_inverse=True)
    flagged = np.zeros(group.max() + 1 if len(group) else 0)
    np.maximum.at(flagged, group, np.nan_to_num(corresponding))
    flag = np.where(flagged[group] > 0, np.nan_to_num(corresponding), np.nan)
    return np.stack([n, place, np.minimum(k - 1, 10), np.minimum(n - k, 10), alphabetical, flag], axis=1)
