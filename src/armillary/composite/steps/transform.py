"""Plain transformations of an indicator before anything is scaled: logarithm, root, Box-Cox, or an expression in ``x``.

They are taken for every unit, whatever the shape of the column (the conditional logarithm of :mod:`.treat` has another name), and
goalposts and targets, which are given in the unit of the indicator, are transformed along.
"""

from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from armillary.composite.matrix import Floats
from armillary.errors import DataError, SpecError, UnknownNameError

METHODS = ("none", "log", "log10", "root", "box-cox", "expression")
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "log": np.log,
    "ln": np.log,
    "log10": np.log10,
    "log2": np.log2,
    "log1p": np.log1p,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "cbrt": np.cbrt,
    "abs": np.abs,
    "min": np.minimum,
    "max": np.maximum,
}
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


@dataclass(frozen=True, slots=True)
class Transformation:
    """``f(x + offset)`` with f the natural logarithm, the decimal one, the root of that ``degree``, Box-Cox, or ``expression``.

    Box-Cox is ``(x^lambda - 1) / lambda``, the logarithm for lambda 0. An expression has the name ``x``, numbers,
    ``+ - * / **`` and the functions of :data:`FUNCTIONS`.
    """

    method: str = "none"
    offset: float = 0.0
    degree: float = 2.0
    power: float = 0.0
    expression: str = ""

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UnknownNameError("transformation", self.method, METHODS)
        if self.method == "expression":
            parsed(self.expression)

    @property
    def text(self) -> str:
        """The formula as people write it."""
        x = "x" if not self.offset else f"(x {'+' if self.offset > 0 else '-'} {abs(self.offset):g})"
        inner = x.strip("()")
        return {
            "none": "x",
            "log": f"ln({inner})",
            "log10": f"log10({inner})",
            "root": f"{x}^(1/{self.degree:g})",
            "box-cox": f"({x}^{self.power:g} - 1)/{self.power:g}" if self.power else f"ln({inner})",
            "expression": self.expression,
        }[self.method]


@functools.cache
def parsed(expression: str) -> ast.Expression:
    """The expression as a tree of allowed nodes; :class:`~armillary.errors.SpecError` names what is not allowed."""

    def fault(what: str) -> SpecError:
        names = ", ".join(FUNCTIONS)
        return SpecError(f"the expression '{expression}' {what}", fix=f"use x, numbers, + - * / ** and {names}")

    try:
        tree = ast.parse(expression.strip().replace("^", "**"), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise fault("cannot be read") from None
    uses_x = False
    for node in ast.walk(tree):
        match node:
            case ast.Name():
                if node.id != "x" and node.id not in FUNCTIONS:
                    raise fault(f"has the unknown name '{node.id}'")
                uses_x |= node.id == "x"
            case ast.Constant():
                if isinstance(node.value, bool) or not isinstance(node.value, int | float):
                    raise fault(f"holds {node.value!r}")
            case ast.Call():
                if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or node.keywords:
                    raise fault("calls something else than a function")
                if len(node.args) != (2 if node.func.id in ("min", "max") else 1):
                    raise fault(f"gives {node.func.id} {len(node.args)} values")
            case ast.Expression() | ast.BinOp() | ast.UnaryOp() | ast.Load():
                pass
            case _:
                if type(node) not in _OPERATORS:
                    raise fault("holds something that is no arithmetic")
    if not uses_x:
        raise fault("has no x")
    return tree


def _value(node: Any, x: Floats) -> Any:
    match node:
        case ast.Expression():
            return _value(node.body, x)
        case ast.Name():
            return x
        case ast.Constant():
            return float(str(node.value))
        case ast.UnaryOp():
            return _OPERATORS[type(node.op)](_value(node.operand, x))
        case ast.BinOp():
            return _OPERATORS[type(node.op)](_value(node.left, x), _value(node.right, x))
        case _:
            return FUNCTIONS[node.func.id](*(_value(a, x) for a in node.args))


def transform(x: Floats, how: Transformation) -> Floats:
    """Each value transformed; NaN where it was NaN, and NaN or an infinity where the transformation does not exist."""
    if how.method == "none":
        return x
    with np.errstate(all="ignore"):
        if how.method == "expression":
            try:
                return np.asarray(_value(parsed(how.expression), x) + 0.0 * x, dtype=np.float64)
            except (OverflowError, ZeroDivisionError):
                return np.where(np.isnan(x), np.nan, np.inf)
        y = x + how.offset
        if how.method == "log":
            return np.asarray(np.log(y))
        if how.method == "log10":
            return np.asarray(np.log10(y))
        if how.method == "root":
            return np.asarray(np.where(y < 0, np.nan, np.abs(y) ** (1.0 / how.degree)))
        return np.asarray(np.log(y) if how.power == 0 else np.where(y < 0, np.nan, (np.abs(y) ** how.power - 1.0) / how.power))


def transformed(x: Floats, how: Transformation, *, what: str, units: tuple[str, ...] = ()) -> Floats:
    """The same, with an error that names ``what`` and the unit where a value that is there has no transformed value.

    ``x`` has units along its last axis.
    """
    y = transform(x, how)
    bad = ~np.isnan(x) & ~np.isfinite(y)
    if bad.any():
        at = tuple(np.argwhere(bad)[0])
        who = f" of unit '{units[at[-1]]}'" if units else ""
        raise DataError(
            f"{what}: {how.text} of {x[at]:g}{who} does not exist ({int(bad.sum())} such values)",
            fix="give an offset, leave the value empty if it is unknown, or take another transformation",
        )
    return y


def ends(posts: tuple[float, float], how: Transformation) -> tuple[float, float]:
    """Goalposts on the transformed scale, smaller first; the transformation must exist and grow between them."""
    grid = np.linspace(posts[0], posts[1], 65)
    y = transform(grid, how)
    if not np.isfinite(y[[0, -1]]).all():
        lost = posts[0] if not np.isfinite(y[0]) else posts[1]
        raise SpecError(f"the goalpost {lost:g} has no {how.text}", fix="move the goalpost, or give the transformation an offset")
    if not np.isfinite(y).all() or np.any(np.diff(y) <= 0):
        fix = "write it so that it grows with x (-1/x, not 1/x), and set direction"
        raise SpecError(f"{how.text} does not grow everywhere between the goalposts {posts[0]:g} and {posts[1]:g}", fix=fix)
    return float(y[0]), float(y[-1])
