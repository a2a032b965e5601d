"""A walk over the pages of a site in one language: the texts that a reader meets, and where."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from armillary.web.routes import PAGES

VOID = frozenset(["meta", "link", "br", "img", "input", "hr", "path", "circle", "ellipse", "rect", "line", "use", "base", "wbr"])
SAID = ("title", "aria-label", "placeholder", "alt", "data-some", "data-none", "data-light")
"""Attributes that are read to people."""
NOT_PROSE = frozenset(("script", "style", "code", "pre", "textarea"))
FILES = re.compile(r"\.(csv|json|xlsx|parquet|zip|svg|png|bib|ris|csl)$")


class Texts(HTMLParser):
    """Texts of a page with the language that its markup says, and its links. What is marked ``translate="no"`` is a name or a code."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[tuple[str, bool, str | None]] = []
        self.texts: list[tuple[str, str]] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        if tag == "a" and own.get("href"):
            self.links.append(str(own["href"]))
        css = (own.get("class") or "").split()
        silent = own.get("translate") == "no" or tag in NOT_PROSE or "mono" in css
        if not silent and not any(s for _t, s, _l in self.stack):
            self.texts += [(self.language, str(own[k])) for k in SAID if own.get(k)]
        if tag == "meta" and own.get("name") == "description":
            self.texts.append((self.language, own.get("content") or ""))
        if tag not in VOID:
            self.stack.append((tag, silent, own.get("lang")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        for k in range(len(self.stack) - 1, -1, -1):
            if self.stack[k][0] == tag:
                del self.stack[k:]
                return

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and not any(s for _t, s, _l in self.stack):
            self.texts.append((self.language, text))

    @property
    def language(self) -> str:
        """Of the innermost element that says one."""
        return next((lang for _t, _s, lang in reversed(self.stack) if lang), "")


@dataclass
class Walk:
    """What a walk met: pages by pattern, texts with the pages they stand on, and pages that did not answer."""

    pages: Counter[str] = field(default_factory=Counter)
    texts: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    broken: list[tuple[int, str]] = field(default_factory=list)


def pattern(path: str) -> str:
    """The pattern of the page that answers a path."""
    if path in PAGES:
        return path
    return next((p for p in PAGES if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", p), path)), path)


def walk(get: Callable[[str], Any], language: str, most: int, skip: Iterable[str] = (), more: Iterable[str] = ()) -> Walk:
    """From the front page along all links, at most ``most`` pages of each pattern; ``skip`` are patterns that are not read."""
    prefix = f"/{language}"
    seeds = [prefix, *(prefix + p for p in PAGES if "{" not in p and p != "/"), *(prefix + m for m in more)]
    queue, seen, out, left = deque(seeds), set(seeds), Walk(), set(skip)
    while queue:
        target = queue.popleft()
        kind = pattern(target.split("?")[0].removeprefix(prefix) or "/")
        if out.pages[kind] >= most or kind in left:
            continue
        out.pages[kind] += 1
        answer = get(target)
        if answer.status != 200:
            out.broken.append((answer.status, target))
            continue
        if "html" not in answer.headers.get("content-type", ""):
            continue
        page = Texts()
        page.feed(answer.text)
        for said in page.texts:
            out.texts.setdefault(said, []).append(target)
        for link in page.links:
            link = link.split("#")[0]
            if (
                (link == prefix or link.startswith((prefix + "/", prefix + "?")))
                and link not in seen
                and not FILES.search(link.split("?")[0])
            ):
                seen.add(link)
                queue.append(link)
    return out


WORDS = re.compile(r"\b[A-Za-z][a-z]+(?:[’'][a-z]+)?(?:[ ,;:–/()-]+[A-Za-z]?[a-z]+(?:[’'][a-z]+)?){2,}")
COMMON = re.compile(r"\b(the|and|with|from|which|that|are|were|has|have|not|than|this|these|papers?|works?|years?|rank|share of|in the)\b")


def english(text: str) -> Iterator[str]:
    """Runs of English words in a text: three words or more, or fewer with one of the words that names do not consist of."""
    for m in WORDS.finditer(text):
        yield m[0]
    if not re.search(r"[\u4e00-\u9fff]", text) and COMMON.search(text) and not WORDS.search(text):
        yield text
