"""What can be asked of the site, known before any work: its paths, their formats, and the parameters that each takes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_origin
from urllib.parse import parse_qsl

from fastapi.routing import APIRoute

from armillary.web.lanes import WITHOUT_CHART

MOST_PAIRS = 24
LONGEST_NAME = 40
Fault = tuple[int, str, str]
"""Status, title, detail."""


@dataclass(frozen=True, slots=True)
class SiteRoute:
    """One route: its pattern, the parameters of its query, and which of them may be given several times."""

    pattern: str
    path: re.Pattern[str]
    names: frozenset[str]
    repeated: frozenset[str]


FRAME = "embed"
"""The parameter that every page takes: it is shown in a frame."""


class Addresses:
    """The routes of an application."""

    def __init__(self, routes: Iterable[Any]) -> None:
        found = [_address(r) for r in routes if hasattr(r, "path_regex")]
        self._fixed = {a.pattern: a for a in found if "{" not in a.pattern}
        self._others = [a for a in found if "{" in a.pattern]

    def all(self) -> list[SiteRoute]:
        """Every route."""
        return [*self._fixed.values(), *self._others]

    def find(self, path: str) -> SiteRoute | None:
        """The route that answers a path."""
        return self._fixed.get(path) or next((a for a in self._others if a.path.match(path)), None)

    def fault(self, path: str, query: str, kind: str) -> Fault | None:
        """Why a request cannot be answered whatever the data are; None if it may be."""
        found = self.find(path)
        if found is None:
            return 404, "not found", "there is no such page"
        if kind in ("svg", "png") and found.pattern in WITHOUT_CHART:
            return 404, "not found", "this page has no chart; ask for .json or .csv"
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=None)
        if len(pairs) > MOST_PAIRS:
            return 400, "too many parameters", f"{len(pairs)} parameters are more than the {MOST_PAIRS} that one request may have"
        seen: set[str] = set()
        for name, value in pairs:
            if name == FRAME and value != "1":
                return 400, "parameter not accepted", f"{FRAME} is 1 or is left out"
            said = name[:LONGEST_NAME]
            if name not in found.names:
                near = difflib.get_close_matches(said, found.names, n=1)
                known = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(found.names)) or 'none'}"
                return 400, "unknown parameter", f"this address has no parameter '{said}'; {known}"
            if name in seen and name not in found.repeated:
                return 400, "repeated parameter", f"'{said}' is given more than once, and may stand once"
            seen.add(name)
        return None


def _address(route: Any) -> SiteRoute:
    names: set[str] = set()
    repeated: set[str] = set()
    if isinstance(route, APIRoute):
        for parameter in _parameters(route.dependant):
            names.add(parameter.alias)
            if _is_list(parameter.field_info.annotation):
                repeated.add(parameter.alias)
        if not route.path.startswith("/api"):
            names.add(FRAME)
    return SiteRoute(route.path, route.path_regex, frozenset(names), frozenset(repeated))


def _parameters(dependant: Any) -> Iterator[Any]:
    """Query parameters of an endpoint and of what it depends on."""
    yield from dependant.query_params
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(_is_list(a) for a in get_args(annotation))
