"""The query language of the goals: words, phrases, OR, AND, NOT and proximity, over title and abstract.

::

    poverty                      the word; case, accents and markup do not matter
    fisher*                      words that begin so (at least three letters before the star)
    "ocean acidification"        these words side by side; a hyphen counts as a space, stars are allowed inside
    a OR b     a AND b           NOT binds tightest, then NEAR, AND, OR; a line break is a space
    a AND NOT b                  documents with a and without b
    (a OR b) NEAR/5 c            at most five words between them, either order, both in the title or both in the abstract
    a PRE/2 b                    as NEAR, and a comes first
    title:(a OR b)               in the title only
    salient:(a OR b NEAR/3 c)    in the title, or at two different places: not just mentioned in passing
    # comment                    up to the end of the line

The operands of NEAR, PRE and title: are words, phrases and ORs of them: what has a place in the text. In salient: NEAR and PRE may stand
too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn, TypeGuard

from armillary.errors import SpecError

MAX_DISTANCE = 50
MIN_PREFIX = 3
_LEX = re.compile(
    r'\s+|#[^\n]*|(?P<phrase>"[^"\n]*")|(?P<open>\()|(?P<close>\))|(?P<near>(?:NEAR|PRE)/\d+)(?![^\s()"])'
    r"|(?P<op>AND|OR|NOT)(?![^\s()\"])|(?P<title>title:)|(?P<salient>salient:)|(?P<word>[^\s()\"#]+)"
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words side by side (one or more); a word ending in ``*`` stands for all words that begin so."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return self.words[0] if len(self.words) == 1 else f'"{" ".join(self.words)}"'


@dataclass(frozen=True, slots=True)
class Title:
    """Places of ``inner`` that lie in the title."""

    inner: Located

    def __str__(self) -> str:
        return f"title:({self.inner})"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Any of the parts."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return "(" + " OR ".join(map(str, self.parts)) + ")"


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of the parts."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return "(" + " AND ".join(map(str, self.parts)) + ")"


@dataclass(frozen=True, slots=True)
class Not:
    """Documents without ``inner``."""

    inner: Node

    def __str__(self) -> str:
        return f"NOT {self.inner}"


@dataclass(frozen=True, slots=True)
class Near:
    """``left`` and ``right`` with at most ``distance`` words between them; ``ordered``: left comes first."""

    left: Located
    right: Located
    distance: int
    ordered: bool

    def __str__(self) -> str:
        return f"({self.left} {'PRE' if self.ordered else 'NEAR'}/{self.distance} {self.right})"


@dataclass(frozen=True, slots=True)
class Salient:
    """Documents in which ``inner`` stands in the title or at two different places (of a NEAR: its first word counts)."""

    inner: Placed

    def __str__(self) -> str:
        return f"salient:({self.inner})"


Located = Phrase | Title | AnyOf
Placed = Phrase | Title | AnyOf | Near
Node = Phrase | Title | AnyOf | AllOf | Not | Near | Salient


def fold(text: str) -> str:
    """Lower case without accents; compatibility forms (subscript two) become plain."""
    text = text.lower()
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def is_placed(node: Node) -> TypeGuard[Placed]:
    """Whether the node has places in the text (words, phrases, titles, NEAR, and ORs of them)."""
    return isinstance(node, (Phrase, Title, Near)) or (isinstance(node, AnyOf) and all(is_placed(p) for p in node.parts))


def salient(node: Node) -> Node:
    """The query with everything that has a place made :class:`Salient`; parts with AND stay as they are."""
    if is_placed(node):
        return Salient(node)
    if not isinstance(node, AnyOf):
        return node
    placed = tuple(p for p in node.parts if is_placed(p))
    rest = tuple(p for p in node.parts if not is_placed(p))
    return AnyOf((Salient(AnyOf(placed)), *rest)) if placed else node


def phrases(node: Node, *, negated: bool = False) -> Iterator[Phrase]:
    """The phrases of a query, left to right; those under NOT only with ``negated``."""
    if isinstance(node, Phrase):
        yield node
    elif isinstance(node, Not):
        if negated:
            yield from phrases(node.inner, negated=True)
    elif isinstance(node, (Title, Salient)):
        yield from phrases(node.inner, negated=negated)
    elif isinstance(node, Near):
        yield from phrases(node.left, negated=negated)
        yield from phrases(node.right, negated=negated)
    else:
        for part in node.parts:
            yield from phrases(part, negated=negated)


def parse(text: str, where: str | None = None) -> Node:
    """The query as a tree; :class:`~armillary.errors.SpecError` names the line and what was expected."""
    return _Parser(text, where).query()


class _Parser:
    def __init__(self, text: str, where: str | None) -> None:
        self.text, self.where = text, where
        self.tokens: list[tuple[str, str, int]] = []
        at = 0
        while at < len(text):
            match = _LEX.match(text, at)
            if match is None:
                self._fail("a quotation mark is not closed on its line", at)
            if match.lastgroup:
                self.tokens.append((match.lastgroup, match.group(), at))
            at = match.end()
        self.i = 0

    def _fail(self, what: str, at: int | None = None) -> NoReturn:
        if at is None:
            at = self.tokens[self.i][2] if self.i < len(self.tokens) else len(self.text)
        line = self.text.count("\n", 0, at) + 1
        near = " ".join(self.text[at : at + 30].split()) or "the end"
        raise SpecError(f"query, line {line}: {what}, at '{near}'", where=self.where, fix="see docs/how-to/sdg.md for the language")

    def _kind(self) -> str:
        return self.tokens[self.i][0] if self.i < len(self.tokens) else "end"

    def _take(self, *texts: str) -> bool:
        if self.i < len(self.tokens) and self.tokens[self.i][1] in texts:
            self.i += 1
            return True
        return False

    def query(self) -> Node:
        node = self._or()
        if self._kind() != "end":
            self._fail("expected AND, OR or the end")
        return node

    def _or(self) -> Node:
        parts = [self._and()]
        while self._take("OR"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _and(self) -> Node:
        parts = [self._near()]
        while self._take("AND"):
            parts.append(self._near())
        if len(parts) == 1:
            if isinstance(parts[0], Not):
                self._fail("NOT needs something before it: a AND NOT b")
            return parts[0]
        if all(isinstance(p, Not) for p in parts):
            self._fail("a query of NOTs only would match almost everything")
        return AllOf(tuple(parts))

    def _near(self) -> Node:
        left = self._atom()
        if self._kind() != "near":
            return left
        word, _, number = self.tokens[self.i][1].partition("/")
        if int(number) > MAX_DISTANCE:
            self._fail(f"at most {MAX_DISTANCE} words may lie between")
        self.i += 1
        right = self._atom()
        if self._kind() == "near":
            self._fail("NEAR cannot be chained; write (a NEAR/5 b) AND (b NEAR/5 c)")
        return Near(self._located(left), self._located(right), int(number), word == "PRE")

    def _located(self, node: Node) -> Located:
        if isinstance(node, (Phrase, Title)):
            return node
        if isinstance(node, AnyOf):
            for part in node.parts:
                self._located(part)
            return node
        self._fail("NEAR, PRE and title: take words, phrases and ORs of them")

    def _atom(self) -> Node:
        if self._take("NOT"):
            return Not(self._atom())
        kind = self._kind()
        if kind == "title":
            self.i += 1
            return Title(self._located(self._atom()))
        if kind == "salient":
            self.i += 1
            inner = self._atom()
            if not is_placed(inner):
                self._fail("salient: takes words, phrases, NEAR, PRE and ORs of them")
            return Salient(inner)
        if kind == "open":
            self.i += 1
            node = self._or()
            if not self._take(")"):
                self._fail("expected ')'")
            return node
        if kind in ("word", "phrase"):
            node = self._phrase(self.tokens[self.i][1].strip('"'))
            self.i += 1
            return node
        self._fail("expected a word, a phrase or '('")

    def _phrase(self, text: str) -> Phrase:
        words = re.findall(r"[^\W_]+\*?|\*", fold(text))
        if not words:
            self._fail("there is no word here")
        for word in words:
            if word.endswith("*") and len(word) <= MIN_PREFIX:
                self._fail(f"a star needs at least {MIN_PREFIX} letters before it")
        return Phrase(tuple(words))
