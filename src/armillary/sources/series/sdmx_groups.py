"""Attributes that an SDMX message attaches to groups of series: which of them hold for a series."""

from __future__ import annotations

from collections import defaultdict

from armillary.sources.series import codes

Cells = dict[str, str]


class Groups:
    """All groups of a data set. A group holds for a series if every part of its key that the series has is the same there.

    Groups are looked up by their key, as messages may have one for each of many thousand series.
    """

    def __init__(self) -> None:
        self._by_names: dict[frozenset[str], list[Cells]] = defaultdict(list)
        self._found: dict[tuple[frozenset[str], tuple[str, ...]], dict[tuple[str, ...], Cells]] = {}

    def add(self, cells: Cells) -> None:
        """One group: its part of the key and its attributes together, as messages write them."""
        self._by_names[frozenset(k for k in cells if not codes.is_attribute(k))].append(cells)
        self._found.clear()

    def of(self, series: Cells) -> Cells:
        """What all groups of a series say of it."""
        said: Cells = {}
        for names, groups in self._by_names.items():
            shared = tuple(sorted(names & series.keys()))
            if not shared:
                continue
            at = (names, shared)
            if at not in self._found:
                known: dict[tuple[str, ...], Cells] = {}
                for group in groups:
                    known.setdefault(tuple(group[n] for n in shared), {}).update(group)
                self._found[at] = known
            said |= self._found[at].get(tuple(series[n] for n in shared), {})
        return said
