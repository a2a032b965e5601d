"""What a published site holds, where each page of it is written, and how its pages link to each other."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections import deque
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from armillary.web.routes import Asked, page_at

DATA_KINDS = ("csv", "json")
Address = tuple[str, str, str, str]
"""Path, query, kind, language."""


def is_published(path: str, query: str, kind: str, language: str, period: str, corpus: str = "world") -> bool:
    """Whether an address belongs to a published site: what its page says (:func:`armillary.web.routes.page`), within the kinds of files
    that a site holds. ``period`` is the headline year, ``corpus`` the kind of the works (:mod:`armillary.core.frame`)."""
    if kind != "html" and language != "en":
        return False
    found = page_at(path)
    parts = tuple(p for p in path.split("/") if p)
    is_table = parts[:1] == ("rankings",) and len(parts) > 1 and kind in ("xlsx", "parquet", "zip")
    if found is None or not (kind in ("html", *DATA_KINDS) or is_table or (kind == "svg" and found.drawn)):
        return False
    asked = Asked(parts, dict(parse_qsl(query, keep_blank_values=True)), kind, period, corpus)
    return found.published(asked) and (corpus != "random-sample" or _fit_for_a_sample(asked))


_WORDS = ("glossary", "intervals", "rules", "data", "learn", "claims", "indices", "methods")
_TABLES = ("countries", "compare", "stories", "series", "groups")
_OF_NO_WORKS = frozenset((*_WORDS, *_TABLES))


def _fit_for_a_sample(asked: Asked) -> bool:
    """Of a random sample only the lists of all years are published: one unit, one pair or one year of a small draw says little."""
    head, *rest = asked.parts or ("",)
    if head in _OF_NO_WORKS or not rest:
        return head in _OF_NO_WORKS or head in ("", "rankings")
    return head == "rankings" and rest[0] == "share" and rest[1:] in (["country"], ["city"], ["institution"]) and not asked.choices


def file_name(address: Address) -> str:
    """Where a page is written, relative to the site; no sign in it that some file system or server takes amiss."""
    path, query, kind, language = address
    stem = "/".join(re.sub(r"[^A-Za-z0-9_.-]", "~", p) for p in path.split("/") if p)
    if query:
        words = "_".join(f"{k}-{v}" for k, v in parse_qsl(query, keep_blank_values=True))
        safe = re.sub(r"[^A-Za-z0-9_.-]", "~", words)
        if safe != words or len(safe) > 80:
            safe = f"{safe[:60]}~{hashlib.sha256(query.encode()).hexdigest()[:8]}"
        stem = f"{stem}/{safe}" if stem else safe
    prefix = "" if language == "en" else f"{language}/"
    if kind == "html":
        return f"{prefix}{stem}/index.html" if stem else f"{prefix}index.html"
    return f"{prefix}{stem or 'index'}.{'card.png' if kind == 'card' else kind}"


@dataclass
class SitePlan:
    """What has been found so far, and how pages link to each other. One page is rendered at a time."""

    period: str
    languages: tuple[str, ...]
    most: int
    skip: set[Address] = field(default_factory=set)
    known: dict[Address, str] = field(default_factory=dict)
    queue: deque[Address] = field(default_factory=deque)
    here: Address = ("/", "", "html", "en")
    corpus: str = "world"
    links: dict[Address, set[Address]] = field(default_factory=dict)
    """Which pages link to which, so that only these are written again when a page turns out to be missing."""

    def resolve(self, path: str, query: str, kind: str, language: str) -> str | None:
        """The relative address of a page from the page at hand, or None where it is not published."""
        if kind != "html":
            language = "en"
        address = (path, query, kind, language)
        if address in self.skip or language not in self.languages:
            return None
        if address not in self.known:
            if len(self.known) >= self.most or not is_published(path, query, kind, language, self.period, self.corpus):
                return None
            self.known[address] = file_name(address)
            self.queue.append(address)
        self.links.setdefault(self.here, set()).add(address)
        return self._relative(self.known[address])

    def asset(self, name: str) -> str:
        """The relative address of a static file."""
        return self._relative(f"static/{name}")

    def root(self) -> str:
        """The way from the page at hand to the folder of the site."""
        found = self._relative(".")
        return "" if found == "." else f"{found}/"

    def _relative(self, target: str) -> str:
        return way_between(posixpath.dirname(self.known.get(self.here, "")), "" if target == "." else target)


def way_between(folder: str, target: str) -> str:
    """The relative way from a folder of the site to a file or folder of it, both without ``.`` and ``..``.

    It is what ``posixpath.relpath`` gives, without asking the working folder: a page has hundreds of links."""
    if folder == target or not folder:
        return target if folder != target else "."
    here, there = folder.split("/"), target.split("/") if target else []
    shared = 0
    for ours, theirs in zip(here, there, strict=False):
        if ours != theirs:
            break
        shared += 1
    return "/".join(("..",) * (len(here) - shared) + tuple(there[shared:])) or "."
