"""Identities that a user writes down: ``total = a + b``, ``share = 100 * a / sum(a)``, ``place = rank(score)``."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

import numpy as np

from armillary.composite.figures import Figures
from armillary.composite.identities import Identity, added, checked, product, ratio, times
from armillary.composite.intervals import Span
from armillary.composite.matrix import Floats
from armillary.errors import UnknownNameError, UsageError

ALLOWED = "+ - * / **, sum(), mean(), gmean(), hmean(), min(), max(), sqrt(), log(), exp() and rank()"
OVER_ROWS: dict[str, Callable[[Floats], float]] = {
    "sum": lambda x: float(x.sum()),
    "mean": lambda x: float(x.mean()),
    "max": lambda x: float(x.max()),
    "min": lambda x: float(x.min()),
}
RISING: dict[str, Callable[[Floats], Floats]] = {"sqrt": np.sqrt, "log": np.log, "ln": np.log, "log10": np.log10, "exp": np.exp}


def check(sheet: Figures, formula: str) -> Identity:
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
        raise UsageError(f"'{right.strip()}' cannot be read", fix=f"use {ALLOWED}, and backticks around names with blanks") from None
    kind = "rank" if isinstance(tree.body, ast.Call) and getattr(tree.body.func, "id", "") == "rank" else "given"
    if kind == "rank":
        return _rank(sheet, column, formula, tree.body, names)
    return checked(sheet, kind, formula.strip(), column, _span(tree.body, sheet, names))


def _name(node: ast.expr, sheet: Figures, names: dict[str, str]) -> str:
    if not isinstance(node, ast.Name):
        raise UsageError("a function of columns takes names of columns only")
    name = names.get(node.id, node.id)
    if name not in sheet.columns:
        raise UnknownNameError("column of numbers", name, sheet.columns)
    return name


def _rank(sheet: Figures, column: str, formula: str, call: ast.expr, names: dict[str, str]) -> Identity:
    from armillary.composite.identities import BrokenRow, _places

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
    broken = tuple(BrokenRow(int(k) + 2, sheet.names[k], float(rank[k]), float(low[k]), float(high[k])) for k in rows)
    return Identity("rank", formula.strip(), int(keeps.sum()), int(have.sum()), broken)


def _span(node: ast.expr, sheet: Figures, names: dict[str, str]) -> Span:
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
                case ast.Pow() if np.all(b.low == b.high) and np.unique(b.mid).size == 1:
                    return _power(a, float(b.mid[0]))
        case ast.Call() if isinstance(node.func, ast.Name) and node.func.id in ("sum", "mean", "max", "min") and node.args:
            return _total(node.func.id, [_span(a, sheet, names) for a in node.args], sheet)
        case ast.Call() if isinstance(node.func, ast.Name) and node.func.id in ("gmean", "hmean") and len(node.args) > 1:
            return _mean(node.func.id, [_span(a, sheet, names) for a in node.args])
        case ast.Call() if isinstance(node.func, ast.Name) and node.func.id in RISING and len(node.args) == 1:
            s = _span(node.args[0], sheet, names)
            with np.errstate(invalid="ignore", divide="ignore"):
                return Span(*(RISING[node.func.id](x) for x in (s.low, s.mid, s.high)))
    raise UsageError(f"'{ast.unparse(node)}' is no arithmetic of columns", fix=f"use {ALLOWED}")


def _power(a: Span, p: float) -> Span:
    """A column to a constant power; NaN where it does not exist."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ends = np.stack([a.low**p, a.high**p])
        low, high = ends.min(axis=0), ends.max(axis=0)
        if p > 0 and p % 2 == 0:
            low = np.where((a.low < 0) & (a.high > 0), 0.0, low)
        return Span(low, a.mid**p, high)


def _mean(what: str, spans: list[Span]) -> Span:
    """Geometric or harmonic mean of columns, row by row; a number that may be nought has no bound below but nought."""
    out = []
    for end in ("low", "mid", "high"):
        x = np.stack([np.maximum(getattr(s, end), 0.0) for s in spans])
        with np.errstate(divide="ignore", invalid="ignore"):
            out.append(np.exp(np.log(x).mean(axis=0)) if what == "gmean" else 1.0 / (1.0 / x).mean(axis=0))
    return Span(*out)


def _total(what: str, spans: list[Span], sheet: Figures) -> Span:
    """Several columns row by row; one column over all rows (those that sum up the others left out)."""
    if len(spans) > 1:
        if what in ("max", "min"):
            pick = np.maximum if what == "max" else np.minimum
            return Span(*(pick.reduce([getattr(s, e) for s in spans]) for e in ("low", "mid", "high")))
        total = added(spans)
        return times(total, 1 / len(spans)) if what == "mean" else total
    s = spans[0]
    out = []
    for v in (s.low, s.mid, s.high):
        rows = v[~sheet.total & ~np.isnan(v)] if sheet.total.size else v[~np.isnan(v)]
        if not rows.size:
            raise UsageError(f"{what}() has no numbers to work on")
        out.append(np.full(len(v), OVER_ROWS[what](rows)))
    return Span(*out)
