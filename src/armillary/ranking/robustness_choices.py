"""The defensible choices that a ranking can be varied over (METHODS 11.3), and their crossing into variants."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from armillary.core.recipe import Period, Recipe
from armillary.counting.methods import counting_method
from armillary.counting.scopes import resolve_scope
from armillary.errors import UnknownNameError, UsageError
from armillary.indicators import all_indicators, indicator_info

LIMIT = 1_000
"""Above this many combinations a sample is computed, unless told otherwise (the literature names 10,000: METHODS 11.3)."""
CHINA = {"HK": "CN", "MO": "CN"}


@dataclass(frozen=True, slots=True)
class Level:
    """One way to make a choice: its label, what it changes in the recipe, and what it changes in the finished table."""

    label: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    minimum: int | None = None
    """Rank only units with at least so many papers (done on the finished table)."""
    merge: Mapping[str, str] | None = None
    """Units that count as part of another (done on the finished table; additive totals only)."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One combination of levels. ``labels`` follows the order of the choices; ``distance`` counts the choices that differ from the base."""

    labels: tuple[str, ...]
    recipe: Recipe
    minimum: int
    merge: tuple[tuple[str, str], ...]
    distance: int


def default_choices(recipe: Recipe) -> dict[str, list[Level]]:
    """Every choice that makes sense for a recipe, the recipe's own level first; choices with one level are left out."""
    found: dict[str, list[Level]] = {}
    for name, make in CHOICES.items():
        levels = _unique([base_level(recipe, name), *make(recipe)])
        if len(levels) > 1:
            found[name] = levels
    return found


def chosen(recipe: Recipe, given: Mapping[str, Sequence[str]]) -> dict[str, list[Level]]:
    """Choices by name and level; the recipe's own level always takes part. UnknownNameError for a choice or level that does not exist."""
    found: dict[str, list[Level]] = {}
    for name, words in given.items():
        if name not in CHOICES:
            raise UnknownNameError("choice", name, CHOICES)
        found[name] = _unique([base_level(recipe, name), *(_level(recipe, name, str(w)) for w in words)])
    return found


def variants(recipe: Recipe, choices: Mapping[str, Sequence[Level]], *, limit: int = LIMIT, seed: int = 0) -> list[Variant]:
    """All valid combinations, the base first.

    Above ``limit``: all that are one choice away, and a Latin-hypercube sample (METHODS 11.3, step 2).
    """
    names = list(choices)
    sizes = [len(choices[n]) for n in names]
    total = int(np.prod(sizes, dtype=np.int64)) if names else 1
    if total > limit:
        picks = _near(sizes) + _hypercube(sizes, max(1, limit - len(_near(sizes))), seed)
    else:
        picks = list(itertools.product(*(range(s) for s in sizes)))
    out: list[Variant] = []
    seen: set[tuple[Any, ...]] = set()
    for pick in picks:
        variant = _variant(recipe, [choices[n][i] for n, i in zip(names, pick, strict=True)], sum(1 for i in pick if i))
        if variant is None:
            continue
        key = (variant.recipe.digest, variant.minimum, variant.merge)
        if key not in seen:
            seen.add(key)
            out.append(variant)
    out.sort(key=lambda v: v.distance)
    return out


def _variant(recipe: Recipe, levels: Sequence[Level], distance: int) -> Variant | None:
    changes: dict[str, Any] = {}
    options: dict[str, Any] = {}
    minimum = recipe.minimum or 0
    merge: dict[str, Any] = {}
    scope: tuple[str, ...] | None = None
    types: str | None = None
    for level in levels:
        given = dict(level.changes)
        options |= given.pop("options", {})
        scope = given.pop("scope", scope)
        types = given.pop("types", types)
        changes |= given
        minimum = max(minimum, level.minimum or 0)
        merge |= dict(level.merge or {})
    filters = list(scope if scope is not None else recipe.scope)
    if types is not None:
        filters = [f for f in filters if not f.startswith("types:")] + ([f"types:{types}"] if types else [])
    if filters != list(recipe.scope):
        changes["scope"] = tuple(filters)
        changes["scope_name"] = "variant"
    changed = recipe.but(**changes)
    info = indicator_info(changed.indicator)
    known = {k: v for k, v in {**dict(changed.options), **options}.items() if k in info.options}
    changed = changed.but(options=known) if set(known) == set(dict(changed.options)) else _with_options(changed, known)
    if merge and not (info.kind == "total" and counting_method(changed.counting).is_additive):
        return None
    return Variant(tuple(lv.label for lv in levels), changed, minimum, tuple(sorted(merge.items())), distance)


def _with_options(recipe: Recipe, options: Mapping[str, Any]) -> Recipe:
    from dataclasses import replace

    return replace(recipe, options=tuple(options.items()))


def _near(sizes: Sequence[int]) -> list[tuple[int, ...]]:
    """The base and everything one choice away from it."""
    zero = (0,) * len(sizes)
    return [zero, *((*zero[:i], level, *zero[i + 1 :]) for i, size in enumerate(sizes) for level in range(1, size))]


def _hypercube(sizes: Sequence[int], n: int, seed: int) -> list[tuple[int, ...]]:
    """Each level of each choice about equally often."""
    rng = np.random.default_rng(seed)
    columns = [rng.permutation(np.arange(n) % s) for s in sizes]
    return sorted({tuple(int(c[i]) for c in columns) for i in range(n)})


# --- the choices -----------------------------------------------------------------------------------------------------------------------


def _counting(recipe: Recipe) -> list[Level]:
    if recipe.unit == "field":
        return []
    wanted = ["full", "author-fractional", "first", "corresponding", "mfc-2"]
    return [Level(w, {"counting": w}) for w in wanted if recipe.unit != "author" or w not in ("mfc-2",)]


def _window(recipe: Recipe) -> list[Level]:
    last = recipe.period.last
    if last is None or recipe.step:
        return []
    return [Level(f"{n} y", {"period": Period(last - n + 1, last)}) for n in (1, 3, 4, 5)]


def _types(recipe: Recipe) -> list[Level]:
    return [Level(w.replace(",", " + "), {"types": w}) for w in ("article", "article,review")]


def _scope(recipe: Recipe) -> list[Level]:
    if any(f.startswith("journals:") for f in recipe.scope):
        return [Level(n, {"scope": resolve_scope(n)}) for n in ("journals-82", "journals-145", "journals-145-all")]
    return []


def _option(key: str, levels: Sequence[Any]) -> Callable[[Recipe], list[Level]]:
    def make(recipe: Recipe) -> list[Level]:
        option = indicator_info(recipe.indicator).options.get(key)
        if option is None or recipe.option("baseline", "world") not in ("world", "own"):
            return []  # a yardstick from elsewhere fixes them
        if key == "self_citations" and recipe.option("citations", "corpus") == "given":
            return []  # counts as served do not say who cites
        return [Level(_say(v), {"options": {key: v}}) for v in levels if option.choices is None or v in option.choices]

    return make


def _threshold(recipe: Recipe) -> list[Level]:
    match = re.fullmatch(r"(pp?-top)(\d+)", recipe.indicator)
    return [Level(f"{n} %", {"indicator": f"{match[1]}{n}"}) for n in (1, 5, 10)] if match else []


def _metric(recipe: Recipe) -> list[Level]:
    pairs = [("p-top", "pp-top"), ("tncs", "mncs"), ("tcs", "mcs"), ("p-cited", "pp-cited")]
    for total, mean in pairs:
        for old, new in ((total, mean), (mean, total)):
            if recipe.indicator.startswith(old):
                other = new + recipe.indicator[len(old) :]
                return [Level(_kind(other), {"indicator": other})] if other in all_indicators() else []
    return []


def _rollup(recipe: Recipe) -> list[Level]:
    return [Level("separate", {"rollup": "none"}), Level("rolled up", {"rollup": "default"})] if recipe.unit == "institution" else []


def _split(recipe: Recipe) -> list[Level]:
    if recipe.unit in ("author", "field"):
        return []
    return [Level("address", {"split": "address"}), Level("institution", {"split": "institution"})]


def _fallback(recipe: Recipe) -> list[Level]:
    return [Level("on", {"country_fallback": True}), Level("off", {"country_fallback": False})] if recipe.unit == "country" else []


def _china(recipe: Recipe) -> list[Level]:
    return [Level("CN + HK + MO", merge=CHINA)] if recipe.unit == "country" else []


def _units(recipe: Recipe) -> list[Level]:
    return [Level(f"{n}+ papers", minimum=n) for n in (10, 100)]


CHOICES: dict[str, Callable[[Recipe], list[Level]]] = {
    "counting": _counting,
    "window": _window,
    "types": _types,
    "scope": _scope,
    "field_level": _option("field_level", ("subfield", "field")),
    "threshold": _threshold,
    "self_citations": _option("self_citations", ("in", "out")),
    "metric": _metric,
    "rollup": _rollup,
    "split": _split,
    "fallback": _fallback,
    "china": _china,
    "units": _units,
}
"""Name of each choice and the levels that a recipe offers besides its own."""


def base_level(recipe: Recipe, name: str) -> Level:
    """The recipe's own level of a choice."""
    options = dict(recipe.options)
    years = "all years"
    if recipe.period.first is not None and recipe.period.last is not None:
        years = f"{recipe.period.last - recipe.period.first + 1} y"
    types = next((f[6:].replace(",", " + ") for f in recipe.scope if f.startswith("types:")), "all types")
    match = re.fullmatch(r"pp?-top(\d+)", recipe.indicator)
    labels = {
        "counting": recipe.counting,
        "window": years,
        "types": types,
        "scope": recipe.scope_name,
        "field_level": _say(options.get("field_level", "")),
        "self_citations": _say(options.get("self_citations", "")),
        "threshold": f"{match[1]} %" if match else recipe.indicator,
        "metric": _kind(recipe.indicator),
        "rollup": "rolled up" if recipe.rollup != "none" else "separate",
        "split": recipe.split,
        "fallback": "on" if recipe.country_fallback else "off",
        "china": "CN",
        "units": f"{recipe.minimum}+ papers" if recipe.minimum else "all units",
    }
    return Level(labels[name])


def _level(recipe: Recipe, name: str, word: str) -> Level:
    """A level from a word of the command line."""
    for level in [base_level(recipe, name), *CHOICES[name](recipe)]:
        if word in (level.label, level.label.replace(" ", "")):
            return level
    if name == "counting":
        counting_method(word)
        return Level(word, {"counting": word})
    if name == "scope":
        return Level(word, {"scope": resolve_scope(word)})
    if name == "types":
        return Level(word.replace("+", " + ").replace(",", " + "), {"types": word.replace("+", ",")})
    if name in ("window", "units") and re.fullmatch(r"\d+", word):
        if name == "units":
            return Level(f"{word}+ papers", minimum=int(word))
        if recipe.period.last is None:
            raise UsageError("windows need a last year", fix="give the recipe a period such as 2020-2024")
        return Level(f"{word} y", {"period": Period(recipe.period.last - int(word) + 1, recipe.period.last)})
    known = [lv.label for lv in [base_level(recipe, name), *CHOICES[name](recipe)]]
    raise UnknownNameError(f"level of {name}", word, known)


def _unique(levels: Sequence[Level]) -> list[Level]:
    seen: dict[str, Level] = {}
    for level in levels:
        seen.setdefault(level.label, level)
    return list(seen.values())


def _kind(indicator: str) -> str:
    return "total" if indicator_info(indicator).kind == "total" else "share"


def _say(value: Any) -> str:
    return {True: "in", False: "out"}.get(value, str(value)) if isinstance(value, bool) else str(value)
