"""Identities that a user writes down: ``total = a + b``, ``share = 100 * a / sum(a)``, ``place = rank(score)``."""

from __future__ import annotations

import ast
import re

import numpy as np

from armillary.composite.identities import Identity, Sheet, added, checked, product, ratio, times
from armillary.composite.intervals import Span
from armillary.errors import UnknownNameError, UsageError


def check(sheet: Sheet, formula: str) -> Identity:
    """One identity, checked in every row; names with blanks stand in backticks."""
    left, sign, right = formula.partition("=")
    if not sign or not right.strip():
        raise UsageError(
            f"'{formula}' is no identity", fix="write COLUMN = EXPRESSION, for example 'total = a + b'; names with blanks in backticks"
        )
    names: dict[str, str] = {}

    def marked(match: re.Match[str]) -> str:
        names[f"_c{len(names)}"] = match[1]
        return f"_c{len(names) - 1}"

    column = left.strip().strip("`")
    if column not in sheet.columns:
        raise UnknownNameError("column of numbers", column, sheet.columns)
    try:
        tree = ast.parse(re.sub(r"`([^`]+)`", marked, right).strip(), mode="eval")
    except SyntaxError:
        raise UsageError(
            f"'{right.strip()}' cannot be read", fix="use + - * /, sum(), mean(), rank(), and backticks around names with blanks"
        ) from None
    kind = "rank" if isinstance(tree.body, ast.Call) and getattr(tree.body.func, "id", "") == "rank" else "given"
    if kind == "rank":
        return _rank(sheet, column, formula, tree.body, names)
    return checked(sheet, kind, formula.strip(), column, _span(tree.body, sheet, names))


def _name(node: ast.expr, sheet: Sheet, names: dict[str, str]) -> str:
    if not isinstance(node, ast.Name):
        raise UsageError("a function of columns takes names of columns only")
    name = names.get(node.id, node.id)
    if name not in sheet.columns:
        raise UnknownNameError("column of numbers", name, sheet.columns)
    return name


def _rank(sheet: Sheet, column: str, formula: str, call: ast.expr, names: dict[str, str]) -> Identity:
    from armillary.composite.identities import Broken, _places

    assert isinstance(call, ast.Call)
    arguments = list(call.args)
    down = arguments[0] if arguments else None
    sign = 1.0
    if isinstance(down, ast.UnaryOp) and isinstance(down.op, ast.USub):
        sign, down = -1.0, down.operand
    if down is None or len(arguments) != 1:
        raise UsageError("rank() takes one column", fix="rank(score), or rank(-score) where the smallest is first")
    score, rank = sheet.columns[_name(down, sheet, names)] * sign, sheet.columns[column]
    low, high = _places(sheet, score, rank)
    have = ~(np.isnan(rank) | np.isnan(low))
    keeps = have & (low <= rank) & (rank <= high)
    rows = np.flatnonzero(have & ~keeps)
    broken = tuple(Broken(int(k) + 2, sheet.names[k], float(rank[k]), float(low[k]), float(high[k])) for k in rows)
    return Identity("rank", formula.strip(), int(keeps.sum()), int(have.sum()), broken)


def _span(node: ast.expr, sheet: Sheet, names: dict[str, str]) -> Span:
    match node:
        case ast.Name():
            return sheet.span(_name(node, sheet, names))
        case ast.Constant() if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            full = np.full(len(sheet.names), float(node.value))
            return Span(full, full, full)
        case ast.UnaryOp() if isinstance(node.op, ast.USub):
            return times(_span(node.operand, sheet, names), -1.0)
        case ast.BinOp():
            a, b = _span(node.left, sheet, names), _span(node.right, sheet, names)
            match node.op:
                case ast.Add():
                    return added([a, b])
                case ast.Sub():
                    return added([a, times(b, -1.0)])
                case ast.Mult():
                    return product(a, b)
                case ast.Div():
                    return ratio(a, b)
        case ast.Call() if isinstance(node.func, ast.Name) and node.func.id in ("sum", "mean") and node.args:
            return _total(node.func.id, [_span(a, sheet, names) for a in node.args])
    raise UsageError(f"'{ast.unparse(node)}' is no arithmetic of columns", fix="use + - * /, sum(), mean() and rank()")


def _total(what: str, spans: list[Span]) -> Span:
    """Several columns added row by row; one column over all rows."""
    if len(spans) > 1:
        total = added(spans)
        return times(total, 1 / len(spans)) if what == "mean" else total
    s = spans[0]
    n = int((~np.isnan(s.mid)).sum()) if what == "mean" else 1
    return Span(*(np.full(len(v), np.nansum(v) / max(n, 1)) for v in (s.low, s.mid, s.high)))
