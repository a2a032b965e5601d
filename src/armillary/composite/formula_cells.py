"""Rules of an index as spreadsheet formulas; None where a rule has no plain formula (its values then stand in the cells)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from armillary.composite.steps.aggregate import Aggregation
from armillary.composite.steps.normalise import Normalisation


@dataclass
class Cells:
    """Where things stand: ``place`` of indicators and groups (sheet, column), ``weight`` of a part in a group."""

    n: int
    place: dict[str, tuple[str, str]] = field(default_factory=dict)
    weight: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, id: str, row: int) -> str:
        """The cell of an indicator or group in a row."""
        sheet, column = self.place[id]
        return f"{sheet}!{column}{row}"

    @staticmethod
    def column(number: int) -> str:
        """Letters of a column (from 1)."""
        out = ""
        while number:
            number, rest = divmod(number - 1, 26)
            out = chr(65 + rest) + out
        return out


def number(x: float) -> str:
    """A number in a formula, without loss."""
    return repr(float(x)) if x != int(x) else str(int(x))


def _over(column: str, n: int) -> str:
    """The absolute range of a column, with its sheet if it has one."""
    sheet, mark, letters = column.rpartition("!")
    return f"{sheet}{mark}${letters}$2:${letters}${n + 1}"


def scale_formula(rule: Normalisation, direction: int, column: str, row: int, n: int) -> str | None:
    """``column`` (``sheet!C``) of a row normalised; for rules without groups and places."""
    x, over = f"{column}{row}", _over(column, n)
    low, span = number(rule.low), number(rule.high - rule.low)
    if rule.within is not None:
        return None
    if rule.method == "none":
        body = x
    elif rule.method == "goalposts" and rule.goalposts is not None:
        a, b = sorted(rule.goalposts) if direction > 0 else sorted(rule.goalposts, reverse=True)
        body = f"{low}+{span}*({x}-({number(a)}))/({number(b - a)})"
        body = f"MAX({low},MIN({number(rule.high)},{body}))" if rule.cap else body
    elif rule.method == "min-max":
        worst, top = (f"MIN({over})", f"MAX({over})") if direction > 0 else (f"MAX({over})", f"MIN({over})")
        body = f"{low}+{span}*({x}-{worst})/({top}-{worst})"
    elif rule.method == "z":
        body = f"{number(rule.z_mean)}+{number(rule.z_sd * direction)}*({x}-AVERAGE({over}))/STDEV({over})"
    elif rule.method == "best":
        body = f"{number(rule.high)}*{x}/MAX({over})" if direction > 0 else f"{number(rule.high)}*MIN({over})/{x}"
    elif rule.method == "percent-of-target" and rule.target is not None:
        goal = number(rule.target)
        body = f"{number(rule.high)}*{x}/{goal}" if direction > 0 else f"{number(rule.high)}*{goal}/{x}"
        body = f"MIN({number(rule.high)},{body})" if rule.cap else body
    else:
        return None
    return f'IF(ISNUMBER({x}),{body},"")'


def mean_formula(rule: Aggregation, parts: list[tuple[str, str]]) -> str | None:
    """The score of a group from (cell, weight) of its parts; what is missing hands its weight to the others."""
    if rule.method == "power":
        rule = replace(rule, method={1.0: "arithmetic", 0.0: "geometric", -1.0: "harmonic"}.get(rule.power, "power"))
    if rule.method not in ("arithmetic", "geometric", "harmonic", "power"):
        return None
    have = "+".join(f"IF(ISNUMBER({c}),{w},0)" for c, w in parts)
    all_ = "+".join(w for _, w in parts)

    def value(cell: str) -> str:
        if rule.method == "arithmetic":
            return cell
        if rule.method == "power":
            base = f"MAX({cell},{number(rule.floor)})" if rule.power > 0 else _floored(cell, rule)
            return f"({base})^({number(rule.power)})"
        return f"LN({_floored(cell, rule)})" if rule.method == "geometric" else f"1/{_floored(cell, rule)}"

    sums = "+".join(f"IF(ISNUMBER({c}),{w}*{value(c)},0)" for c, w in parts)
    mean = f"({sums})/({have})"
    if rule.method != "arithmetic":
        turned = {"geometric": f"EXP({mean})", "harmonic": f"1/({mean})", "power": f"({mean})^(1/({number(rule.power or 1.0)}))"}
        mean = turned[rule.method]
        if rule.floor <= 0 and not (rule.method == "power" and rule.power > 0):
            zero = ",".join(f"AND(ISNUMBER({c}),{w}>0,{c}=0)" for c, w in parts)
            mean = f"IF(OR({zero}),0,{mean})"
    enough = [f"({have})>0"]
    if rule.min_present > 0:
        enough.append(f"({have})>=({number(rule.min_present)}-0.000000000001)*({all_})")
    if rule.min_count > 0:
        enough.append(f"COUNT({','.join(c for c, _ in parts)})>={rule.min_count}")
    return f'IF(AND({",".join(enough)}),{mean},"")'


def _floored(cell: str, rule: Aggregation) -> str:
    return f"MAX({cell},{number(rule.floor)})" if rule.floor > 0 else f"IF({cell}>0,{cell},1)"


def rescale_formula(rule: Normalisation, column: str, row: int, n: int) -> str | None:
    """A finished score scaled over all units."""
    return scale_formula(rule, 1, column, row, n)


def place_formula(ties: str, column: str, row: int, n: int) -> str | None:
    """The rank of a row in a column, by the rule for ties."""
    x, over = f"{column}{row}", _over(column, n)
    rank = f"RANK({x},{over})"
    if ties == "max":
        rank = f"RANK({x},{over})+COUNTIF({over},{x})-1"
    elif ties == "average":
        rank = f"RANK({x},{over})+(COUNTIF({over},{x})-1)/2"
    elif ties == "dense":
        return None
    return f'IF(ISNUMBER({x}),{rank},"")'
