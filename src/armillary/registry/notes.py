"""Notes: what a reader must know beside a number. Every kind has a code, a level and its texts in ``notes.toml``.

>>> note = Note("minimum", papers=30)
>>> note, note.code, note.level
('Units with fewer than 30 papers are not ranked.', 'minimum', 'info')
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Self

from armillary import registry

LEVELS = ("info", "caution", "blocking")


@cache
def kinds() -> dict[str, dict[str, str]]:
    """Level and texts of every kind of note by its code."""
    return {code: {k: str(v) for k, v in entry.items()} for code, entry in registry.read_toml("notes.toml").items()}


class Note(str):
    """A text that knows what it says: ``code`` and ``level`` (:data:`LEVELS`). A plain English string to all who only print it."""

    code: str
    level: str
    _values: dict[str, Any]

    def __new__(cls, code: str, **values: Any) -> Self:
        """The note of that code with its values filled in; a value may be a note itself."""
        self = super().__new__(cls, kinds()[code]["en"].format_map(values))
        self.code, self.level, self._values = code, kinds()[code]["level"], values
        return self

    @classmethod
    def of(cls, code: str, text: str, level: str = "caution") -> Self:
        """A note whose text is made elsewhere (a yardstick's description, a break in the records)."""
        self = super().__new__(cls, text)
        self.code, self.level, self._values = code, level, {}
        return self

    def said(self, language: str, translate: Callable[[str], str] | None = None) -> str | None:
        """The text in a language of ``notes.toml``, else its English template as ``translate`` says it; None without either."""
        known = kinds().get(self.code, {})
        template = known.get(language)
        if template is None and translate is not None and (self._values or str(self) == known.get("en")):
            template = translate(known["en"])
        if template is None:
            return None
        return template.format_map({k: v.said(language, translate) if isinstance(v, Note) else v for k, v in self._values.items()})

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles keep code and level."""
        return _again, (str(self), self.code, self.level, self._values)


def _again(text: str, code: str, level: str, values: dict[str, Any]) -> Note:
    note = Note.of(code, text, level)
    note._values = values
    return note


def codes(notes: Iterable[str]) -> list[str]:
    """The codes of some notes, in their order, each once; ``other`` for a text without one."""
    return list(dict.fromkeys(n.code if isinstance(n, Note) else "other" for n in notes))
