"""Where pages announce themselves: the function of a page, its address, and whether a published site holds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from armillary.indicators import all_indicators
from armillary.web.page import Page
from armillary.web.site import Site

HEADLINES = ("share", "p-top10", "pp-top10")
"""Indicators that a published site shows with variants, paths and small lines; all others in their usual form."""
UNITS = ("country", "city", "institution", "region", "field")
"""Kinds of units that have pages on a published site."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An address as the rule of its page sees it: ``parts`` of the path, ``choices`` of the query, ``kind`` of answer (``html``, ``csv``,
    ...), and ``period``, the headline year of the site."""

    parts: tuple[str, ...]
    choices: Mapping[str, str]
    kind: str
    period: str
    corpus: str = "world"
    """The kind of the works behind the site."""


Rule = Callable[[Asked], bool]


def has_yardstick(asked: Asked, indicator: str) -> bool:
    """Whether the works behind the site can answer an indicator without more words: impact needs a world to compare with."""
    info = all_indicators().get(indicator)
    return asked.corpus in ("world", "synthetic") or info is None or "baseline" not in info.options


def never(asked: Asked) -> bool:
    """The page needs a server: forms, search."""
    return False


def as_it_is(asked: Asked) -> bool:
    """The page without any choice."""
    return not asked.choices


def of_the_real_world(asked: Asked) -> bool:
    """A page from the shipped tables, without any choice; an invented world has none."""
    return not asked.choices and asked.corpus != "synthetic"


def data_by_period(asked: Asked) -> bool:
    """The page without any choice, and its data also for a period."""
    return not asked.choices or (asked.kind != "html" and asked.choices.keys() == {"period"})


@dataclass(frozen=True, slots=True)
class Registered:
    """One page: its function; which addresses of it a published site holds; whether it is drawn (as SVG) there too."""

    function: Callable[..., Page]
    published: Rule
    drawn: bool


PAGES: dict[str, Registered] = {}
"""Pages by the pattern of their address."""


def page(path: str, *, published: Rule = never, drawn: bool = False) -> Callable[[Callable[..., Page]], Callable[..., Page]]:
    """Register a page: a function of (site, path and query parameters) that returns a :class:`Page`. One function answers all formats."""

    def register(function: Callable[..., Page]) -> Callable[..., Page]:
        PAGES[path] = Registered(function, published, drawn)
        return function

    return register


def page_at(path: str) -> Registered | None:
    """The page that answers a path; None where there is none. A pattern without parameters goes first."""
    if path in PAGES:
        return PAGES[path]
    fits = (found for pattern, found in PAGES.items() if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path))
    return next(fits, None)


def _site(request: Request) -> Site:
    found: Site = request.app.state.site
    return found


SiteDep = Annotated[Site, Depends(_site)]
