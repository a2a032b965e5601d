"""What a cube holds, and whether it can answer a recipe: one home for that question.

Sums are kept by year, domain, field and document type. A recipe that differs from a held one only in period, step, subject (a domain or a
field), minimum and, where scores do not depend on which types are in scope, document types, is a sum of what is held.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from armillary.core.recipe import Period, Recipe

FORMAT = 1
DIMS = ("year", "domain_id", "field_id", "type")
"""What sums are kept by, beside the unit; unknown is -1, or an empty text."""
TYPES = "types:"


@dataclass(frozen=True, slots=True)
class Held:
    """One recipe whose sums are kept. The rest are names of columns: ``unit_*`` in the tables by unit, ``whole_*`` in that of all works.

    ``num``/``den`` None: one paper's credit for each work counted; ``den`` "": not a mean (see :class:`armillary.ranking.passes.Needs`).
    """

    recipe: dict[str, Any]
    key: str
    types: tuple[str, ...] | None
    is_separable: bool
    unit_count: str
    unit_num: str | None
    unit_den: str | None
    unit_products: tuple[str, ...]
    whole_count: str
    whole_num: str | None
    whole_den: str | None
    known: str
    placed: str
    small: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def read(cls, raw: dict[str, Any]) -> Held:
        """Back from JSON."""
        types = raw["types"]
        return cls(**{**raw, "types": None if types is None else tuple(types), "unit_products": tuple(raw["unit_products"])})


def base_of(recipe: Recipe) -> Recipe:
    """The recipe whose sums answer this one: all years, one period, no subject, no minimum."""
    return recipe.but(period=Period(), step=0, subject=None, minimum=0)


def key_of(recipe: Recipe) -> str:
    """What two recipes must share to be sums of the same kept numbers: all choices but those that the cube is cut by, and types."""
    base = base_of(recipe)
    scope = tuple(sorted(f for f in base.scope if not f.startswith(TYPES)))
    return hashlib.sha256(base.but(scope=scope).digest.encode()).hexdigest()[:16]


def types_of(recipe: Recipe) -> tuple[str, ...] | None:
    """The document types that the scope keeps; None: all."""
    kept: set[str] | None = None
    for f in recipe.scope:
        if f.startswith(TYPES):
            named = {t.strip() for t in f.removeprefix(TYPES).split(",")}
            kept = named if kept is None else kept & named
    return None if kept is None else tuple(sorted(kept))


def is_separable(recipe: Recipe) -> bool:
    """Whether what a work scores does not depend on which document types the scope keeps.

    It does where only works of the same scope cite, and where cells mix types or are those of the scope's own works of all types.
    """
    options = dict(recipe.options)
    apart = options.get("by_type", True) or options.get("baseline") not in (None, "world", "own")
    return bool(apart) and (options.get("citations", "given") == "given" or options.get("citing") == "all")


def cut(held: Held, recipe: Recipe) -> tuple[bool, tuple[str, ...] | None]:
    """Whether ``held`` (of the same key) answers the recipe as far as types go, and the types to keep of its rows (None: all)."""
    asked = types_of(recipe)
    if asked == held.types:
        return True, None
    fits = held.is_separable and asked is not None and (held.types is None or set(asked) <= set(held.types))
    return fits, asked


def digest_of(lines: Iterable[str]) -> str:
    """Sixteen hex digits of some lines."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def told(value: Any) -> str:
    """JSON with one order of keys."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1)
