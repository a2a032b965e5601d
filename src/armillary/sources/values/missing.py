"""Marks that stand for a missing value, against values that only look like one."""

from __future__ import annotations

import re

MARKS = frozenset(
    {
        "",
        "na",
        "n/a",
        "n.a",
        "n.a.",
        "#n/a",
        "#na",
        "n/d",
        "n.d.",
        "nan",
        "null",
        "none",
        "nil",
        "nd",
        "not available",
        "not applicable",
        "not reported",
        "no data",
        "missing",
        "unknown",
        ".",
        "..",
        "...",
        "…",
        ":",
        "-",
        "--",
        "–",
        "—",
        "−",
        "x",
        "?",
        "\\n",
        "#ref!",
        "#div/0!",
        "#value!",
        "#name?",
        "#null!",
        "#num!",
        "#nv",
        "#n/d",
        "k.a.",
        "s/d",
        "<na>",
        "(null)",
        "(blank)",
        "[null]",
    }
)
"""In lower case; publishers' marks (``:`` Eurostat, ``..`` World Bank and OECD), R's, pandas' and SQL's, and a spreadsheet's errors."""
_REAL_CODES = frozenset({"na", "nil", "nd", "x"})
"""Marks that are letters of a code or a name somewhere: Namibia, the qualifier NIL (magnitude nil: zero), a grade X."""
_SPACE = re.compile(r"[\s\u00a0\u200b\ufeff]+")


def is_missing(text: str | None, *, codes: bool = False) -> bool:
    """Whether a text stands for no value. With ``codes`` the column holds codes or names, where ``NA`` is a code and not a mark."""
    if text is None:
        return True
    plain = _SPACE.sub(" ", text).strip().strip("'\"").strip().casefold()
    return plain in MARKS and not (codes and plain in _REAL_CODES)


def known(text: str | None, *, codes: bool = False) -> str | None:
    """The trimmed text, or None where it stands for no value."""
    return None if text is None or is_missing(text, codes=codes) else text.strip()
