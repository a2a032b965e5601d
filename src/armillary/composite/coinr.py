"""Read the pair of CSV files in which the R package COINr keeps an index: iMeta (tree, weights, directions) and iData (values).

The layout is documented by that package; nothing of its code is used. Columns of iMeta: ``Level, iCode, iName, Direction, Weight,
Unit, Target, Denominator, Parent, Type`` with Type one of Indicator, Aggregate, Group, Denominator, Other.
"""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

from armillary.composite.spec import DataSource, Group, Indicator, nodes
from armillary.errors import InputError, SpecError

_NEEDED = ("iCode", "Type", "Parent", "Direction", "Weight")


def read_meta(path: Path, data: DataSource) -> tuple[tuple[Group, ...], tuple[Indicator, ...], DataSource]:
    """Groups, indicators and the completed data source from a metadata file."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=path) from None
    if not rows or any(c not in rows[0] for c in _NEEDED):
        lost = [c for c in _NEEDED if not rows or c not in rows[0]]
        raise InputError(f"is no iMeta table; column {', '.join(lost)} is missing", where=path)
    groups: list[Group] = []
    indicators: list[Indicator] = []
    columns: dict[str, list[str]] = {"Group": [], "Denominator": []}
    for number, row in enumerate(rows, start=2):
        kind, code, parent = ((row[c] or "").strip() for c in ("Type", "iCode", "Parent"))
        where = f"{path}:{number}"
        weight = _number(row["Weight"], where, "Weight", 1.0)
        name = (row.get("iName") or code).strip()
        if not code:
            raise SpecError("a row has no iCode", where=where)
        if kind == "Indicator":
            direction = _number(row["Direction"], where, "Direction", 1.0)
            if direction not in (1, -1):
                raise SpecError(f"Direction of '{code}' must be 1 or -1, not {direction:g}", where=where)
            if not parent:
                raise SpecError(f"indicator '{code}' has no Parent", where=where)
            indicators.append(
                Indicator(
                    code,
                    parent,
                    name,
                    int(direction),
                    weight,
                    (row.get("Unit") or "").strip() or None,
                    (row.get("Denominator") or "").strip() or None,
                )
            )
        elif kind == "Aggregate":
            groups.append(Group(code, parent or None, name, weight))
        elif kind in columns:
            columns[kind].append(code)
    known = {g.id for g in groups}
    for item in nodes(groups, indicators):
        if item.parent is not None and item.parent not in known:
            raise SpecError(f"parent '{item.parent}' of '{item.id}' is no Aggregate of the file", where=path)
    out = replace(
        data,
        unit=data.unit if data.unit != "unit" else "uCode",
        name=data.name or "uName",
        groups=data.groups or tuple(columns["Group"]),
        denominators=data.denominators or tuple(columns["Denominator"]),
    )
    return tuple(groups), tuple(indicators), out


def _number(text: str | None, where: str, column: str, default: float) -> float:
    if text is None or not text.strip() or text.strip() == "NA":
        return default
    try:
        value = float(text)
    except ValueError:
        raise SpecError(f"{column} must be a number, not '{text}'", where=where) from None
    if math.isnan(value):
        return default
    return value
