"""Completion of arguments in the shell: what a word of the command line may be, by the name of its parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import click
from click.shell_completion import CompletionItem, get_completion_class

SHELLS = ("bash", "zsh", "fish", "powershell")


def script(shell: str, root: click.Command) -> str:
    """What the shell must read once so that it completes."""
    found = get_completion_class(shell)
    assert found is not None
    # bash's own class asks the installed bash for its version; the script is the same text without that
    made = found(root, {}, "armillary", "_ARMILLARY_COMPLETE")
    return found.source_template % made.source_vars()


def with_completion(command: click.Command, name: str) -> click.Command:
    """The command, with words for each parameter that has a known meaning."""
    for param in command.params:
        values = _VALUES.get((name, param.name or "")) or _VALUES.get(("", param.name or ""))
        if values is not None and isinstance(param.type, click.types.StringParamType):
            param.shell_complete = partial(_complete, values)  # type: ignore[method-assign]
    return command


def _complete(values: Callable[[], Iterable[tuple[str, str]]], ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    try:
        found = [CompletionItem(v, help=h) for v, h in values() if v.casefold().startswith(incomplete.casefold())]
    except Exception:  # a shell that completes must never show a traceback
        return []
    return found or [CompletionItem(incomplete, type="file")]


def _indicators() -> Iterable[tuple[str, str]]:
    from armillary.indicators import all_indicators

    yield from ((i.id, i.name) for i in all_indicators().values())


def _ranked() -> Iterable[tuple[str, str]]:
    yield from _indicators()
    yield from ((f"series:{s}", n) for s, n in _series())


def _series() -> Iterable[tuple[str, str]]:
    from armillary.registry import world

    yield from ((s.id, s.name) for s in world.catalogue().series.values())


def _world() -> Iterable[tuple[str, str]]:
    from armillary.registry import world

    yield from _series()
    yield from ((t.id, t.title) for t in world.catalogue().tables.values())


def _units() -> Iterable[tuple[str, str]]:
    from armillary.core.recipe import UNITS

    yield from ((u, "") for u in UNITS)


def _countries() -> Iterable[tuple[str, str]]:
    from armillary.registry import country_names

    yield from country_names().items()


def _counting() -> Iterable[tuple[str, str]]:
    from armillary.counting.methods import METHODS

    yield from ((m.name, m.meaning) for m in METHODS.values())


def _scopes() -> Iterable[tuple[str, str]]:
    from armillary.counting.scopes import scopes

    yield from ((k, str(v.get("meaning", ""))) for k, v in scopes().items())


def _specs() -> Iterable[tuple[str, str]]:
    from armillary.composite.named import names

    yield from ((n, "") for n in names())


def _claims() -> Iterable[tuple[str, str]]:
    from armillary.audit.language import builtin_names

    yield from ((n, "") for n in builtin_names())


def _rules() -> Iterable[tuple[str, str]]:
    from armillary.registry import rulebook

    yield from ((r.number, r.title) for r in rulebook.rules().values())


_VALUES: dict[tuple[str, str], Callable[[], Iterable[tuple[str, str]]]] = {
    ("", "indicator"): _indicators,
    ("rank", "indicator"): _ranked,
    ("", "counting"): _counting,
    ("", "scope"): _scopes,
    ("", "spec"): _specs,
    ("", "unit"): _units,
    ("world", "name"): _world,
    ("world", "names"): _world,
    ("world", "unit"): _countries,
    ("series", "unit"): _countries,
    ("partners", "unit"): _countries,
    ("audit", "file"): _claims,
    ("rules", "section"): _rules,
    ("scope", "name"): _scopes,
}
"""Words by command and parameter; an empty command stands for all."""
