"""Armillary: an open observatory of science and innovation.

>>> import armillary as arm
>>> obs = arm.open("observatory")                                       # doctest: +SKIP
>>> obs.rank("share", unit="city", period=2024, subject="chemistry")    # doctest: +SKIP
>>> arm.ask("India is the third largest producer of scientific papers").verdict
'supported'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from armillary.version import __version__

__all__ = ["Observatory", "Ranking", "Recipe", "__version__", "ask", "errors", "open"]

if TYPE_CHECKING:
    from armillary import errors
    from armillary.audit.ask import ask
    from armillary.core.recipe import Recipe
    from armillary.observatory import Observatory, Ranking
    from armillary.observatory import open_observatory as open

_WHERE = {
    "Observatory": ("armillary.observatory", "Observatory"),
    "Ranking": ("armillary.observatory", "Ranking"),
    "Recipe": ("armillary.core.recipe", "Recipe"),
    "ask": ("armillary.audit.ask", "ask"),
    "open": ("armillary.observatory", "open_observatory"),
}


def __getattr__(name: str) -> Any:
    """Public names, imported when first used, so that ``armillary --help`` stays quick."""
    import importlib

    if name == "errors":
        return importlib.import_module("armillary.errors")
    if name not in _WHERE:
        raise AttributeError(f"module 'armillary' has no attribute '{name}'")
    module, attribute = _WHERE[name]
    return getattr(importlib.import_module(module), attribute)
