"""Making recipes: the indicator's defaults, then what the user said, checked against the registry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from armillary.core.recipe import Period, Recipe, Scalar
from armillary.counting.baselines import with_baseline
from armillary.counting.filters import split_spec
from armillary.counting.lists import OWN
from armillary.counting.methods import counting_method
from armillary.counting.scopes import resolve_scope, scopes
from armillary.errors import UnknownNameError, UsageError
from armillary.indicators import indicator_info
from armillary.indicators.catalogue import STORED_NAME, Indicator


def make_recipe(
    indicator: str,
    *,
    unit: str = "country",
    counting: str | None = None,
    scope: str | Iterable[str] | None = None,
    types: str | Iterable[str] | None = None,
    sources: str | Iterable[str] | None = None,
    period: str | int | Period | None = None,
    options: Mapping[str, Scalar] | None = None,
    scope_name: str | None = None,
    baseline: str | None = None,
    within_corpus: bool = False,
    files: bool = True,
    **rest: Any,
) -> Recipe:
    """A checked recipe. ``scope`` is a scope's name, a TOML file, or filter specs; ``types`` and ``sources`` (ISSNs) narrow it further.

    ``baseline`` is the option of that name: what impact is measured against (``given``, ``own``, a file); ``within_corpus`` is short for
    ``own``. A baseline file fixes the citation and cell options that are left open.

    ``minimum``: papers that a unit needs; by default none for totals, and for ratios what :func:`armillary.ranking.table.least_papers`
    says.

    ``files``: whether a value may name a file of this machine; False for whoever answers requests from elsewhere.
    """
    info = indicator_info(indicator)
    if unit not in units_of(info):
        raise UnknownNameError(f"unit for {indicator}", unit, units_of(info))
    if unit == "list":
        rest["lists"] = rest.get("lists") or OWN
    options = dict(options or {})
    if within_corpus and baseline not in (None, "own"):
        raise UsageError(f"compare with {baseline} or within the corpus, not both", fix="leave one out")
    if within_corpus or baseline is not None:
        options["baseline"] = "own" if baseline is None else str(baseline)
    chosen = info.scope if scope is None else scope
    if not files:
        _no_files(chosen, rest)
    if isinstance(chosen, str):
        filters, name = list(resolve_scope(chosen)), chosen
    else:
        filters, name = [str(s) for s in chosen], scope_name or "custom"
    if scope is None and unit == "field":
        filters.remove("authors-complete")  # a field is the work's: nothing is divided among authors, so a cut list of them does no harm
    for key, given in (("types", types), ("sources", sources)):
        if given is not None:
            words = given if isinstance(given, str) else ",".join(given)
            filters = [f for f in filters if not (key == "types" and f.startswith(("types:", "conference-fields:")))] + [f"{key}:{words}"]
            name = f"{name} + {key} {words}"
    for spec in filters:
        split_spec(spec)
    counting = counting or info.counting
    counting_method(counting)
    rest.setdefault("split", info.split)
    if rest.get("minimum") is None:
        rest["minimum"] = None if info.kind == "mean" else 0
    return Recipe(
        indicator=indicator,
        unit=unit,
        counting=counting,
        scope=tuple(filters),
        scope_name=scope_name or name,
        period=Period.parse(period),
        options=tuple(_checked_options(info, options, files).items()),
        **rest,
    )


def units_of(info: Indicator) -> tuple[str, ...]:
    """Units that an indicator can rank: its own, and lists unless it asks where a unit stands."""
    return (*info.units, "list") if {"author", "region"} & set(info.units) else info.units


def _no_files(scope: str | Iterable[str], rest: Mapping[str, Any]) -> None:
    """The other choices that could be the path of a file: a scope, regions, a roll-up."""
    for kind, value, known in (
        ("scope", scope, tuple(scopes())),
        ("regions", rest.get("regions", "default"), ("default",)),
        ("roll-up", rest.get("rollup", "none"), ("none", "default")),
        ("list", rest.get("lists", ""), ("", OWN)),
    ):
        if isinstance(value, str) and value not in known:
            raise UnknownNameError(kind, value, known)


def _checked_options(info: Indicator, given: Mapping[str, Scalar], files: bool) -> dict[str, Scalar]:
    out: dict[str, Scalar] = {k: o.default for k, o in info.options.items()}
    for key, value in given.items():
        if key not in info.options:
            raise (
                UnknownNameError(f"option of {info.id}", key, info.options)
                if info.options
                else UsageError(f"{info.id} takes no options, so not '{key}'")
            )
        option = info.options[key]
        out[key] = _typed(info.id, key, value, option.default)
        is_named = option.named and STORED_NAME.fullmatch(str(out[key])) is not None
        if option.choices is not None and out[key] not in option.choices and not (option.file and files) and not is_named:
            raise UnknownNameError(f"value for {info.id} option {key}", str(value), [str(c) for c in option.choices])
    return with_baseline(info.options, out, given) if "baseline" in out else out


def _typed(indicator: str, key: str, value: Scalar, like: Scalar) -> Scalar:
    """Text from the command line as the type of the option's default."""
    try:
        if isinstance(like, bool):
            if isinstance(value, bool):
                return value
            words = {"true": True, "yes": True, "1": True, "in": True, "false": False, "no": False, "0": False, "out": False}
            return words[str(value).lower()]
        if isinstance(like, int):
            return int(value)
        if isinstance(like, float):
            return float(value)
        return str(value)
    except (KeyError, ValueError):
        raise UsageError(
            f"option {key}={value} of {indicator} is not a {type(like).__name__}", fix=f"the default is {key}={like}"
        ) from None
