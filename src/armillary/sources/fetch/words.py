"""What a server says when it refuses, in its own words, and whether trying again can help."""

from __future__ import annotations

import enum
import html
import json
import re
from typing import Any
from urllib.parse import quote, quote_plus

MOST = 400
"""Characters that are shown."""
_KEYS = ("error", "errors", "message", "msg", "detail", "details", "title", "reason", "description", "error_description")
_PLAN = re.compile(r"\bplans?\b|upgrade|premium|subscri|requires?\b|licen[cs]e|not (?:allowed|available|permitted|included)|api.?key", re.I)
_BUDGET = re.compile(r"budget|credits?\b|\bfunds?\b|quota|allowance|daily|per day|insufficient|balance|prepaid|midnight", re.I)
_RATE = re.compile(r"too many|rate.?limit|per (?:second|minute)|slow down|try again|retry|throttl|busy|overload", re.I)


class Meaning(enum.Enum):
    """Why a server answers 429."""

    RATE = "requests come too fast: wait and try again"
    BUDGET = "the allowance is used up: tomorrow, or with more of it"
    PLAN = "this is never answered with this key"
    UNCLEAR = "it does not say"


def meaning(said: str) -> Meaning:
    """What the words of a 429 without ``Retry-After`` stand for. Budgets come first: their messages advertise plans."""
    if _BUDGET.search(said):
        return Meaning.BUDGET
    if _PLAN.search(said):
        return Meaning.UNCLEAR if _RATE.search(said) else Meaning.PLAN
    return Meaning.RATE if not said or _RATE.search(said) else Meaning.UNCLEAR


def said_in(content: bytes, secret: str | None = None) -> str:
    """The message of an answer in JSON, HTML, XML or plain text as one line of at most :data:`MOST` characters, without ``secret``."""
    text = content.decode("utf-8", "replace").strip().lstrip("\ufeff")
    try:
        found = list(dict.fromkeys(_strings(json.loads(text))))
        text = ": ".join(found) if found else text
    except (ValueError, RecursionError):
        if text.startswith("<"):
            text = re.sub(r"(?is)<(script|style)\b[^>]*>.*?</\1>|<!--.*?-->|<\?.*?\?>", " ", text)
            text = html.unescape(re.sub(r"<[^>]*>", " ", text))
    if secret:
        for form in (secret, quote(secret, safe=""), quote_plus(secret), quote(secret), html.escape(secret), json.dumps(secret)[1:-1]):
            text = text.replace(form, "***")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= MOST else text[: MOST - 3].rstrip() + "..."


def _strings(value: Any, depth: int = 0) -> list[str]:
    """Texts under the keys that messages have, outermost first."""
    if isinstance(value, str):
        return [value.strip()] if value.strip() else []
    if depth > 4:
        return []
    if isinstance(value, list):
        return [s for v in value[:5] for s in _strings(v, depth + 1)]
    if isinstance(value, dict):
        return [s for k in _KEYS if k in value for s in _strings(value[k], depth + 1)]
    return []
