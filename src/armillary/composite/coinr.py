"""Read the two tables in which the R package COINr keeps an index: iMeta (tree, weights, directions) and iData (values).

The layout is documented by that package; nothing of its code is used. Columns of iMeta: ``Level, iCode, iName, Direction, Weight,
Unit, Target, Denominator, Parent, Type`` with Type one of Indicator, Aggregate, Group, Denominator, Other. What R writes for nothing
(``NA``) is nothing. Both may be sheets of one workbook.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from armillary.composite.read import read_table
from armillary.composite.spec import MOST_WEIGHT, Component, DataSource, Group, nodes
from armillary.errors import InputError, SpecError

_NEEDED = ("iCode", "Type", "Parent")
_NOTHING = ("", "NA", "N/A", "NaN", "NULL", "nan", "None")


def read_meta(path: Path, data: DataSource) -> tuple[tuple[Group, ...], tuple[Component, ...], DataSource]:
    """Groups, indicators and the completed data source from a metadata table (``.csv``, or the sheet iMeta of an ``.xlsx``)."""
    table = read_table(path, encoding=data.encoding, sheet="iMeta" if path.suffix.lower() == ".xlsx" else None)
    rows = [{k: "" if v is None else str(v).strip() for k, v in row.items()} for row in table.to_pylist()]
    rows = [{k: "" if v in _NOTHING else v for k, v in row.items()} for row in rows]
    if not rows or any(c not in rows[0] for c in _NEEDED):
        lost = [c for c in _NEEDED if not rows or c not in rows[0]]
        raise InputError(f"is no iMeta table; column {', '.join(lost)} is missing", where=path)
    groups: list[Group] = []
    indicators: list[Component] = []
    columns: dict[str, list[str]] = {"Group": [], "Denominator": []}
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        kind, code, parent = (row[c] for c in ("Type", "iCode", "Parent"))
        where = f"{path}:{number}"
        if not any(row.values()):
            continue
        if not code:
            raise SpecError("a row has no iCode", where=where)
        if code in seen:
            raise SpecError(f"iCode '{code}' stands in row {seen[code]} already", where=where, fix="give each row a code of its own")
        seen[code] = number
        weight = _number(row.get("Weight"), where, "Weight", 1.0)
        if not 0 <= weight <= MOST_WEIGHT:
            raise SpecError(f"Weight of '{code}' must be at least 0 and at most {MOST_WEIGHT:g}, not {weight:g}", where=where)
        name = row.get("iName") or code
        if kind == "Indicator":
            direction = _number(row.get("Direction"), where, "Direction", 1.0)
            if direction not in (1, -1):
                raise SpecError(f"Direction of '{code}' must be 1 or -1, not {direction:g}", where=where)
            if not parent:
                raise SpecError(f"indicator '{code}' has no Parent", where=where)
            unit, below = row.get("Unit") or None, row.get("Denominator") or None
            indicators.append(Component(code, parent, name, int(direction), weight, unit, below))
        elif kind == "Aggregate":
            groups.append(Group(code, parent or None, name, weight))
        elif kind in columns:
            columns[kind].append(code)
        elif kind != "Other":
            raise SpecError(f"Type of '{code}' is '{kind}'", where=where, fix="known: Indicator, Aggregate, Group, Denominator, Other")
    known = {g.id for g in groups}
    for item in nodes(groups, indicators):
        if item.parent is not None and item.parent not in known:
            raise SpecError(f"parent '{item.parent}' of '{item.id}' is no Aggregate of the file", where=f"{path}:{seen[item.id]}")
    roots = [g.id for g in groups if g.parent is None]
    if len(roots) != 1:
        found = ", ".join(roots) or "none"
        raise SpecError(
            f"{len(roots)} Aggregates have no Parent ({found})", where=path, fix="one of them is the index; give the others a Parent"
        )
    out = replace(
        data,
        unit=data.unit if data.unit != "unit" else "uCode",
        name=data.name or "uName",
        groups=data.groups or tuple(columns["Group"]),
        denominators=data.denominators or tuple(columns["Denominator"]),
    )
    return tuple(groups), tuple(indicators), out


def _number(text: str | None, where: str, column: str, default: float) -> float:
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        raise SpecError(f"{column} must be a number, not '{text}'", where=where) from None
    if not math.isfinite(value):
        raise SpecError(f"{column} must be a finite number, not '{text}'", where=where)
    return value
