"""Status flags of observations in any spelling: letters of Eurostat and SDMX, several in one (``bep``), and words.

Vocabularies: SDMX code list CL_OBS_STATUS, Eurostat's flags, qualifiers of UNESCO UIS. One letter may mean two things to two publishers
(``s``: an estimate of Eurostat, a strike in SDMX), so the vocabulary decides.
"""

from __future__ import annotations

import re
from typing import Literal

from armillary.sources.values.reading import Reading, refused

Vocabulary = Literal["sdmx", "eurostat"]

BREAK = "break"
_SHARED = {
    "b": BREAK,
    "c": "confidential",
    "d": "definition-differs",
    "e": "estimated",
    "f": "forecast",
    "i": "imputed",
    "m": "missing",
    "n": "not-significant",
    "p": "provisional",
    "u": "low-reliability",
}
_LETTERS: dict[str, dict[str, str]] = {
    "sdmx": _SHARED
    | {
        "a": "normal",
        "g": "experimental",
        "h": "holiday",
        "j": "derogation",
        "k": "included-elsewhere",
        "l": "not-collected",
        "o": "missing",
        "q": "suppressed",
        "r": "seasonally-adjusted",
        "s": "strike",
        "v": "unvalidated",
        "w": "includes-other",
        "x": "outlier",
        "z": "not-applicable",
    },
    "eurostat": _SHARED | {"i": "see-metadata", "r": "revised", "s": "estimated", "z": "not-applicable", "x": "not-applicable"},
}
_WORDS = {
    "break": BREAK,
    "break in series": BREAK,
    "break in time series": BREAK,
    "time series break": BREAK,
    "series break": BREAK,
    "methodological break": BREAK,
    "confidential": "confidential",
    "definition differs": "definition-differs",
    "difference in methodology": "definition-differs",
    "estimated": "estimated",
    "estimated value": "estimated",
    "estimate": "estimated",
    "est": "estimated",
    "secretariat estimate": "estimated",
    "national estimation": "estimated",
    "national estimate": "estimated",
    "uis estimation": "estimated",
    "nat est": "estimated",
    "uis est": "estimated",
    "forecast": "forecast",
    "forecast value": "forecast",
    "imputed": "imputed",
    "imputed value": "imputed",
    "low reliability": "low-reliability",
    "missing": "missing",
    "missing value": "missing",
    "missing value data cannot exist": "missing",
    "missing value data exist but were not collected": "not-collected",
    "normal": "normal",
    "normal value": "normal",
    "not applicable": "not-applicable",
    "not significant": "not-significant",
    "provisional": "provisional",
    "provisional value": "provisional",
    "prov": "provisional",
    "preliminary": "provisional",
    "revised": "revised",
    "rev": "revised",
    "included elsewhere": "included-elsewhere",
    "included": "included-elsewhere",
    "includes other categories": "includes-other",
    "incl": "includes-other",
    "nil": "nil",
    "nil or negligible": "nil",
    "magnitude nil or negligible": "nil",
    "suppressed": "suppressed",
    "experimental": "experimental",
    "experimental value": "experimental",
    "overestimated": "overestimated",
    "overestimated or based on overestimated data": "overestimated",
    "underestimated": "underestimated",
    "underestimated or based on underestimated data": "underestimated",
}
_SPLIT = re.compile(r"\s*[,;|/+&]\s*")


def read_flags(text: str | None, *, vocabulary: Vocabulary = "sdmx") -> Reading[tuple[str, ...]]:
    """Meanings of all flags of one observation, in order and each once; no flag at all is the empty tuple.

    ``normal`` is no flag. Reason: ``flag-unknown``, if any part is not understood (the caller keeps the text as it is).
    """
    plain = (text or "").strip().strip("'\"()[]").strip().casefold()
    out: list[str] = []
    for part in _SPLIT.split(plain) if plain and not re.fullmatch(r"[\s\-\u2013.:]+", plain) else []:
        key = " ".join(re.sub(r"[^a-z]+", " ", part).split())
        if key in _WORDS:
            out.append(_WORDS[key])
        elif key and all(c in _LETTERS[vocabulary] or c == " " for c in key) and len(key.replace(" ", "")) <= 4:
            out += [_LETTERS[vocabulary][c] for c in key if c != " "]
        else:
            return refused("flag-unknown")
    return Reading(tuple(dict.fromkeys(f for f in out if f != "normal")))
