"""What the request at hand asked for besides its page: language, format, and whether the site is being published as files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from armillary.web.plan import SitePlan

I18N = files("armillary.web").joinpath("i18n")
"""Languages besides English: one folder each, named as its path prefix."""


def locales() -> dict[str, str]:
    """Path prefix -> locale of English and of every folder of languages that says its locale."""
    found = {d.name: d.joinpath("language.toml") for d in I18N.iterdir()}
    known = {k: tomllib.loads(f.read_text(encoding="utf-8"))["locale"] for k, f in found.items() if f.is_file()}
    # those that a reader has seen longest stand first: a switch keeps its place when a language is added
    return {"en": "en"} | dict(sorted(known.items(), key=lambda kv: (kv[0] != "zh", kv[0])))


FORMATS = ("html", "json", "csv", "xlsx", "parquet", "zip", "svg", "png", "card", "bib", "ris", "csl")
LANGUAGES = locales()
"""Path prefix -> locale. English has no prefix."""


@dataclass(frozen=True, slots=True)
class Current:
    """One request: ``path`` without language prefix and format ending."""

    path: str = "/"
    query: str = ""
    language: str = "en"
    format: str = "html"
    plan: SitePlan | None = field(default=None, compare=False)


_CURRENT: ContextVar[Current] = ContextVar("current", default=Current())  # noqa: B039  (frozen)


def current() -> Current:
    """The request being answered."""
    return _CURRENT.get()


def set_current(value: Current) -> None:
    """Called by the outermost middleware (and by tests)."""
    _CURRENT.set(value)


def split_path(path: str) -> tuple[str, str, str]:
    """``/zh/rankings/share/city.csv`` -> ``("/rankings/share/city", "zh", "csv")``."""
    language = "en"
    for prefix in LANGUAGES:
        if prefix != "en" and (path == f"/{prefix}" or path.startswith((f"/{prefix}/", f"/{prefix}."))):
            language, path = prefix, path[len(prefix) + 1 :] or "/"
    kind = "html"
    path = path.removesuffix(".card.png") + ".card" if path.endswith(".card.png") else path
    stem, dot, ending = path.rpartition(".")
    if dot and ending in FORMATS and ending != "html" and "/" not in ending:
        path, kind = stem or "/", ending
    if path in ("/index", ""):
        path = "/"
    return path, language, kind


def link(path: str, query: str = "", kind: str = "html", language: str = "en") -> str:
    """The address of a page: the inverse of :func:`split_path`, with the query behind it. Labels of lists may be any words."""
    path = quote(path, safe="/:~@!$&'()*+,;=%")
    if kind != "html":
        path = ("/index" if path == "/" else path) + (".card.png" if kind == "card" else f".{kind}")
    if language != "en":
        path = f"/{language}" + ("" if path == "/" else path)
    return f"{path}?{query}" if query else path


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """As if the request asked for this language."""
    token = _CURRENT.set(replace(current(), language=language))
    try:
        yield
    finally:
        _CURRENT.reset(token)
