"""Titles and names from records as plain text."""

from __future__ import annotations

import html
import re

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")


def clean_title(text: str | None) -> str:
    """A title without HTML or MathML tags, entities, control and direction characters, for display as plain text (still to be escaped in
    HTML)."""
    if not text:
        return ""
    plain = html.unescape(html.unescape(_TAG.sub("", text)))
    return " ".join(_CONTROL.sub(" ", _TAG.sub("", plain)).split())
