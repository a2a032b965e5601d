"""Counting methods: how one paper's credit is divided (METHODS 10). One registry; help, docs and the web read it."""

from __future__ import annotations

from dataclasses import dataclass

from armillary.errors import UnknownNameError, UsageError


@dataclass(frozen=True, slots=True)
class CountingMethod:
    """One way to divide a paper. ``sums_to_one``: credits of all units (and the unassigned rest) add up to one paper."""

    name: str
    formula: str
    meaning: str
    sums_to_one: bool
    is_additive: bool
    root: float | None = None


_METHODS = [
    CountingMethod("full", "1[u in p]", "one for every unit on the paper (whole counting)", False, False),
    CountingMethod("complete", "sum_a share_u(a)", "number of authors from the unit", False, True),
    CountingMethod("author-fractional", "sum_a share_u(a) / n", "authors share the paper equally (complete-fractionalised)", True, True),
    CountingMethod("institution-fractional", "institutions of u / m", "distinct institutions share the paper equally", True, True),
    CountingMethod(
        "country-fractional",
        "1/k",
        "distinct countries share the paper equally, then the institutions of each country share its part",
        True,
        True,
    ),
    CountingMethod(
        "inverse-institutions",
        "1[u in p] / m",
        "every unit on the paper gets one over its number of institutions (openalex-metrics, 'frac'); "
        "a unit with several of the institutions is counted once, so countries do not add up to one paper",
        False,
        False,
    ),
    CountingMethod("first", "share_u(first author)", "the first author's units have it all (straight counting)", True, True),
    CountingMethod("last", "share_u(last author)", "the last author's units have it all; a sole author is first and last", True, True),
    CountingMethod(
        "corresponding",
        "mean over corresponding authors of share_u(a)",
        "corresponding authors share it; papers without the flag are unassigned",
        True,
        True,
    ),
    CountingMethod("harmonic", "sum_a share_u(a) (1/rank_a) / sum_j 1/j", "authors share it by 1/place in the byline", True, True),
]
METHODS: dict[str, CountingMethod] = {m.name: m for m in _METHODS}


def counting_method(name: str) -> CountingMethod:
    """The method of that name; ``mfc-2`` (or ``mfc-3``, ...) is modified fractional counting with that root."""
    if name in METHODS:
        return METHODS[name]
    if name.startswith("mfc-"):
        try:
            root = float(name[4:])
        except ValueError:
            root = 0.0
        if root < 1:
            raise UsageError(f"'{name}' needs a root of 1 or more", fix="write for example mfc-2 (square root)")
        return CountingMethod(
            name,
            f"(sum_a share_u(a) / n)^(1/{root:g})",
            "modified fractional counting: a root of the unit's fraction; do not sum over units",
            root == 1,
            root == 1,
            root,
        )
    raise UnknownNameError("counting method", name, [*METHODS, "mfc-2"])
