"""The index: what can be found, by every name it has, and the search in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from armillary.web.find.matching import edits_allowed, is_cjk, near_fit, normal, plain_fit

ENOUGH = 60.0
"""With a hit of so many points no typing error is looked for."""


@dataclass(frozen=True, slots=True)
class Findable:
    """One thing with a page. ``labels`` are its names by language; ``weight`` (0 to 5) parts hits that fit equally well."""

    kind: str
    id: str
    path: str
    labels: Mapping[str, str]
    aliases: tuple[str, ...] = ()
    weight: float = 0.0
    query: str = ""
    hint: str = ""

    def label(self, language: str) -> str:
        """The name in a language, or in English."""
        return self.labels.get(language) or self.labels["en"]

    @property
    def names(self) -> tuple[str, ...]:
        """Every text that it can be found by: names, then aliases, each once, as :func:`normal` has them."""
        return tuple(dict.fromkeys(n for n in map(normal, (*self.labels.values(), *self.aliases)) if n))


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: how well it fits, and whether only with typing errors."""

    item: Findable
    points: float
    is_near: bool


class FindIndex:
    """Names of things, searched whole: a hundred thousand names take some hundredths of a second."""

    def __init__(self, items: Iterable[Findable]) -> None:
        self.items = tuple(items)
        self._names = [(name, i, k > 0) for i, item in enumerate(self.items) for k, name in enumerate(item.names)]
        self._by_pair: dict[str, list[int]] | None = None

    def search(self, query: str, limit: int = 10, kinds: Iterable[str] = ()) -> list[Hit]:
        """The best ``limit`` hits, best first: whole names, beginnings, words, parts; then with typing errors; then by single words."""
        asked, wanted = normal(query)[:80], frozenset(kinds)
        if not asked:
            return []
        found = self._fit(asked, wanted)
        if max((h.points for h in found.values()), default=0.0) < ENOUGH:
            for i, hit in self._near(asked, wanted).items():
                found.setdefault(i, hit)
        hits = self._ordered(found.values())[:limit]
        words = asked.split()
        if not hits and len(words) > 1:
            hits = self._by_words(words, wanted)[:limit]
        return hits

    def named(self, query: str, kind: str) -> Findable | None:
        """The one thing of a kind that has exactly this name (or id); None where none or several have it."""
        asked = normal(query)
        mine = {i for name, i, _ in self._names if name == asked and self.items[i].kind == kind}
        return self.items[mine.pop()] if len(mine) == 1 else None

    def _fit(self, asked: str, wanted: frozenset[str]) -> dict[int, Hit]:
        found: dict[int, Hit] = {}
        words = asked.split()
        for name, i, is_alias in self._names:
            # most names are out at once: one test for each, and the finer ones for the few that are left
            if asked not in name and not (len(words) > 1 and all(w in name for w in words)):
                continue
            item = self.items[i]
            if wanted and item.kind not in wanted:
                continue
            points = plain_fit(asked, name)
            if points:
                self._keep(found, i, points + item.weight - (1.5 if is_alias else 0.0), is_near=False)
        return found

    def _near(self, asked: str, wanted: frozenset[str]) -> dict[int, Hit]:
        found: dict[int, Hit] = {}
        if not edits_allowed(asked):
            return found
        for k in self._candidates(asked):
            name, i, is_alias = self._names[k]
            if wanted and self.items[i].kind not in wanted:
                continue
            points = near_fit(asked, name)
            if points:
                self._keep(found, i, points + self.items[i].weight - (1.5 if is_alias else 0.0), is_near=True)
        return found

    def _candidates(self, asked: str) -> list[int]:
        """Names that share enough pairs of signs with the query (an edit breaks two pairs, a swap three)."""
        if self._by_pair is None:
            pairs: dict[str, list[int]] = {}
            for k, (name, _, _) in enumerate(self._names):
                for p in _pairs(name):
                    pairs.setdefault(p, []).append(k)
            self._by_pair = pairs
        mine = _pairs(asked)
        shared: dict[int, int] = {}
        for p in mine:
            for k in self._by_pair.get(p, ()):
                shared[k] = shared.get(k, 0) + 1
        least = max(1, len(mine) - 3 * edits_allowed(asked)) if not is_cjk(asked) else 1
        close = [(n, k) for k, n in shared.items() if n >= least]
        close.sort(key=lambda x: (-x[0], abs(len(self._names[x[1]][0]) - len(asked)), x[1]))
        return [k for _, k in close[:4000]]

    def _by_words(self, words: list[str], wanted: frozenset[str]) -> list[Hit]:
        """Things that fit single words of a query that nothing fits whole ("china patents"): those that fit most words first."""
        found: dict[int, Hit] = {}
        for word in words:
            if len(word) < 3 and not is_cjk(word):
                continue
            one = self._fit(word, wanted) or self._near(word, wanted)
            for i, hit in one.items():
                if hit.points < 30:
                    continue
                before = found[i].points if i in found else 0.0
                found[i] = Hit(hit.item, before + hit.points / len(words), True)
        return self._ordered(found.values())

    def _keep(self, found: dict[int, Hit], i: int, points: float, is_near: bool) -> None:
        if i not in found or points > found[i].points:
            found[i] = Hit(self.items[i], points, is_near)

    @staticmethod
    def _ordered(hits: Iterable[Hit]) -> list[Hit]:
        return sorted(hits, key=lambda h: (-h.points, h.item.labels["en"].casefold(), h.item.kind, h.item.id))


def _pairs(text: str) -> set[str]:
    """Neighbouring signs of a text, its edges marked; single signs where there are no words."""
    if is_cjk(text):
        return set(text)
    padded = f" {text} "
    return {padded[k : k + 2] for k in range(len(padded) - 1)}
