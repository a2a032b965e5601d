"""How well a typed text fits a name: whole, beginning, words, part, or with typing errors. ``static/find.js`` follows the same steps."""

from __future__ import annotations

import re
import unicodedata

EXACT, BEGINS, WORDS, INSIDE, NEAR = 100.0, 80.0, 65.0, 50.0, 40.0
"""Points of each way to fit; an edit costs ``PER_EDIT``."""
PER_EDIT = 7.0
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LATIN = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "ß": "ss", "đ": "d", "æ": "ae", "œ": "oe"})


def normal(text: str) -> str:
    """A text without case, accents and punctuation, words parted by one space. Chinese, Japanese and Korean signs stay as they are."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    bare = unicodedata.normalize("NFC", bare.translate(_LATIN))
    return " ".join("".join(c if c.isalnum() else " " for c in bare.replace("'", "").replace("\u2019", "")).split())


def is_cjk(text: str) -> bool:
    """Whether a text has signs of a script without spaces between words."""
    return _CJK.search(text) is not None


def edits_allowed(text: str) -> int:
    """How many typing errors a text may have: one of four letters on (of two Chinese signs on), two from seven, three from twelve."""
    n = len(text)
    if is_cjk(text):
        return 0 if n < 2 else 1 if n < 6 else 2
    return 0 if n < 4 else 1 if n < 7 else 2 if n < 12 else 3


def distance(a: str, b: str, most: int) -> int | None:
    """Edits between two texts: letters put in, left out, changed, or neighbours swapped (optimal string alignment); None above ``most``."""
    if abs(len(a) - len(b)) > most:
        return None
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        now = [i] + [0] * len(b)
        for j, y in enumerate(b, 1):
            cost = 0 if x == y else 1
            now[j] = min(last[j] + 1, now[j - 1] + 1, last[j - 1] + cost)
            if cost and i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                now[j] = min(now[j], before[j - 2] + 1)
        if min(now) > most:
            return None
        before, last = last, now
    return last[-1] if last[-1] <= most else None


def plain_fit(query: str, name: str) -> float:
    """Points without typing errors, of two :func:`normal` texts; 0 for none. A name with less left over gets a little more."""
    if query == name:
        return EXACT
    rest = min(9.0, (len(name) - len(query)) / 4)
    if name.startswith(query):
        return BEGINS - rest + (2 if name[len(query) : len(query) + 1] == " " else 0)
    words, asked = name.split(), query.split()
    if asked and all(any(w.startswith(a) for w in words) for a in asked):
        return WORDS - rest
    if len(query) > 2 or is_cjk(query):
        return INSIDE - rest if query in name else 0.0
    return 0.0


def near_fit(query: str, name: str) -> float:
    """Points with typing errors: of the whole, or of every word; 0 for none."""
    found = distance(query, name, edits_allowed(query))
    if found is not None:
        return NEAR - PER_EDIT * found + (4 if query[:1] == name[:1] else 0)
    if is_cjk(query):
        return 0.0
    total, words = 0, name.split()
    for asked in query.split():
        fits = [0 if w.startswith(asked) else distance(asked, w, edits_allowed(asked)) for w in words]
        least = min((f for f in fits if f is not None), default=None)
        if least is None:
            return 0.0
        total += least
    return max(1.0, NEAR - 6 - PER_EDIT * total)
