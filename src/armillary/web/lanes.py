"""Which requests are long: those of pages that compute much, and those that turned out to take long.

Three lanes, so that none waits for another: pages without the engine (*plain*), questions of a second or two (*short*), and *long* ones.
"""

from __future__ import annotations

from collections import OrderedDict

from armillary.web.opened import LONG, SHORT

PLAIN = "plain"
_PLAIN = (
    *("ask", "groups", "series", "rules", "stories", "countries", "methods", "data", "learn", "api", "indices"),
    *("static", "robots.txt", "llms.txt", "favicon.ico"),
)
_PLAIN_API = ("", "indicators", "methods", "ask", "openapi.json")
_LONG = ("robustness", "clusters", "leadership", "brief", "claims", "collaboration", "compare", "units")
WITHOUT_CHART = frozenset(
    {"/rankings", "/records/{indicator}/{unit}/{unit_id}", "/dossier", "/claims", "/methods", "/methods/{indicator}", "/rules"}
    | {"/rules/{chapter}", "/data", "/learn", "/api", "/groups", "/series", "/stories", "/indices"}
)
"""Pages that have no picture: asked for one they answer 404 before any work."""
_PATHS = 2000


def usual(path: str) -> str:
    """The lane of a path by what is known beforehand."""
    parts = [p for p in path.split("/") if p]
    if parts[:2] == ["api", "v1"]:
        return PLAIN if (parts[2:] or [""])[0] in _PLAIN_API else SHORT
    head = (parts or [""])[0]
    if head in _PLAIN:
        return PLAIN
    return LONG if head in _LONG or (head == "dossier" and len(parts) > 1) else SHORT


class Lanes:
    """The usual lane of a path, corrected by how long it took: a mean in which the last request weighs half."""

    def __init__(self, long_after_s: float) -> None:
        self._limit_s = long_after_s
        self._took: OrderedDict[str, float] = OrderedDict()

    def lane(self, path: str) -> str:
        """Where a request for this path queues."""
        found = usual(path)
        return LONG if found == SHORT and self._took.get(path, 0.0) > self._limit_s else found

    def took(self, path: str, seconds: float) -> None:
        """Remember how long a request took (the last 2,000 paths)."""
        before = self._took.pop(path, seconds)
        self._took[path] = (before + seconds) / 2
        while len(self._took) > _PATHS:
            self._took.popitem(last=False)
