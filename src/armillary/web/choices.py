"""Query parameters of pages and API: bounded, checked against the registries, and written back in one canonical form.

Nothing from outside reaches a file name or a query as text: a scope, a counting method, a unit must be one that is registered.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, Self
from urllib.parse import urlencode

from fastapi import Depends, Path, Query

from armillary.core.recipe import UNITS, Recipe
from armillary.counting.methods import METHODS
from armillary.counting.scopes import scopes
from armillary.errors import UnknownNameError
from armillary.ranking.recipes import make_recipe

PERIOD = r"^$|^all$|^\d{4}$|^\d{4}-(\d{4})?$|^-\d{4}$"
SORTS = ("rank", "name", "count", "value")
COUNTINGS = (*METHODS, "mfc-2")


@dataclass(frozen=True, slots=True)
class Choice:
    """What decides the numbers of a ranking besides indicator and unit. Empty means: the indicator's own default."""

    period: str = ""
    subject: str = ""
    counting: str = ""
    scope: str = ""
    option: tuple[str, ...] = ()

    def but(self, **changes: Any) -> Self:
        """A copy with some choices changed."""
        return replace(self, **changes)

    def query(self, **more: Any) -> str:
        """The choices as a query string in a fixed order, defaults left out."""
        pairs: list[tuple[str, str]] = []
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name == "option":
                pairs += [("option", v) for v in sorted(value)]
            elif value and not (f.name == "period" and value == "all"):
                pairs.append((f.name, value))
        pairs += [(k, str(v)) for k, v in more.items() if v not in (None, "", 0, False)]
        return urlencode(pairs)

    def recipe(self, indicator: str, unit: str, **rest: Any) -> Recipe:
        """The recipe of an indicator for a unit under these choices; :class:`UnknownNameError` for what is not registered."""
        if self.scope and self.scope not in scopes():
            raise UnknownNameError("scope", self.scope, scopes())
        if self.counting and self.counting not in COUNTINGS:
            raise UnknownNameError("counting method", self.counting, COUNTINGS)
        options = dict(o.split("=", 1) for o in self.option)
        return make_recipe(
            indicator,
            unit=unit,
            counting=self.counting or None,
            scope=self.scope or None,
            subject=self.subject or None,
            period=self.period or "all",
            options=options,
            files=False,
            **rest,
        )


@dataclass(frozen=True, slots=True)
class TableView:
    """How a table is shown: search, order, page. Changes no number."""

    q: str = ""
    sort: str = "rank"
    page: int = 1
    per: int = 50


def choice(
    period: Annotated[
        str,
        Query(
            max_length=9,
            pattern=PERIOD,
            description="A year (2024), a range (2018-2021, 2018-, -2010) or all",
            examples=["2024", "2018-2021"],
        ),
    ] = "",
    subject: Annotated[
        str,
        Query(max_length=120, description="Name of a field, subfield, topic or domain, or an id such as field:16", examples=["Chemistry"]),
    ] = "",
    counting: Annotated[
        str, Query(max_length=30, pattern=r"^[a-z0-9-]*$", description="Counting method; see /api/v1/methods", examples=["full"])
    ] = "",
    scope: Annotated[
        str, Query(max_length=40, pattern=r"^[a-z0-9-]*$", description="Which works count; see /api/v1/methods", examples=["articles"])
    ] = "",
    option: Annotated[
        list[Annotated[str, Query(max_length=80, pattern=r"^[a-z_-]{1,30}=[A-Za-z0-9_.,:-]{0,48}$")]] | None,
        Query(max_length=5, description="The indicator's own options, each name=value"),
    ] = None,
) -> Choice:
    """Dependency: the choices of a request."""
    return Choice("" if period == "all" else period, " ".join(subject.split()), counting, scope, tuple(sorted(set(option or ()))))


def view(
    q: Annotated[str, Query(max_length=100, description="Part of a name")] = "",
    sort: Annotated[str, Query(pattern=f"^({'|'.join(SORTS)})$", description="Order of rows")] = "rank",
    page: Annotated[int, Query(ge=1, le=100_000, description="Page, from 1")] = 1,
    per: Annotated[int, Query(ge=1, le=200, description="Rows on a page")] = 50,
) -> TableView:
    """Dependency: how a request wants its table."""
    return TableView(" ".join(q.split()), sort, page, per)


ChoiceDep = Annotated[Choice, Depends(choice)]
ViewDep = Annotated[TableView, Depends(view)]
IndicatorPath = Annotated[str, Path(max_length=60, pattern=r"^[a-z0-9-]+$", description="Indicator, such as share", examples=["share"])]
UnitPath = Annotated[str, Path(max_length=20, pattern=r"^[a-z]+$", description=f"One of {', '.join(UNITS)}", examples=["city"])]
UNIT_IDS = r'^[^\x00-\x1f<>"/\\]*$'
"""Ids as in ``unit_id``, several joined by commas. Those of lists are the words of their owner."""
UnitNamePath = Annotated[str, Path(max_length=120, description="Id or name of a unit", examples=["CN", "China"])]
