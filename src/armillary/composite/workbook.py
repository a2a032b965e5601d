"""One workbook of a whole index: specification, every stage of the data, results, statistics, and the scores as live formulas.

A reviewer can follow each score from the treated values up: scaling (where the rule is a formula), means, rescaling and ranks are
formulas over the sheets before them, and the sheet *check* holds the difference between each formula and what the program computed.
Weights stand in one place; whoever changes one sees all that follows. The same index gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.composite import analysis, statistics
from armillary.composite.defaults import settings_table, tree_table
from armillary.composite.formula_cells import Cells, mean_formula, place_formula, rescale_formula, scale_formula
from armillary.composite.result import IndexResult
from armillary.composite.score import renormed
from armillary.composite.sensitivity import Sensitivity
from armillary.core.workbook import Book
from armillary.errors import ArmillaryError

STAGES = ("raw", "denominated", "imputed", "transformed", "treated")


def write_workbook(result: IndexResult, path: Path, *, sure: Sensitivity | None = None) -> None:
    """Write the workbook of an index; ``sure`` adds the intervals of a sensitivity analysis."""
    book = Book()
    sheets: list[tuple[str, str]] = []

    def add(title: str, table: pa.Table, what: str) -> None:
        book.table(title, table)
        sheets.append((title, what))

    book.sheet("readme")
    add(
        "specification",
        tree_table(result.spec),
        "The tree with the weight, the share of the index and the rules of every group and indicator",
    )
    add("settings", settings_table(result.spec), "Every general rule, and whether it is given or a default")
    _stages(book, result, sheets)
    formulas = _Formulas(book, result)
    formulas.weights()
    formulas.normalised()
    formulas.scores()
    formulas.ranking()
    formulas.check()
    sheets += formulas.sheets
    add("results", result.table(), "The ranking as computed")
    add("imputed cells", _imputed(result), "Every cell that was imputed or carried forward")
    questions: tuple[tuple[str, str, Callable[[], pa.Table]], ...] = (
        ("statistics", "Distribution of every indicator, and what to look at", lambda: statistics.indicators(result)),
        ("correlations", "Correlations of the indicators with each other", lambda: analysis.correlations(result)),
        ("reliability", "Cronbach's alpha, first component, correlations within each group", lambda: analysis.reliability(result)),
        ("loadings", "Principal components of the parts of every group", lambda: statistics.loadings(result)),
        ("weights in effect", "Nominal weights beside what they do to the index", lambda: analysis.weights_in_effect(result)),
    )
    for title, what, make in questions:
        try:
            table = make()
        except ArmillaryError:
            continue  # too few units or parts for this question
        if table.num_rows:
            add(title, table, what)
    for by in result.sample.groups:
        table = statistics.grouped(result, by)
        if table.num_rows:
            add(f"by {by}"[:31], table, f"Means of the index by {by}")
    if sure is not None:
        add(
            "sensitivity",
            sure.table(),
            f"Intervals of ranks and scores over {len(sure.scores):,} rebuilds (seed {sure.seed}): {', '.join(sure.labels)}",
        )
        if sure.indices is not None:
            add("sensitivity indices", sure.indices_table(), "Which choice moves each unit (Sobol indices)")
    _readme(book, result, sheets)
    book.save(path)


def _readme(book: Book, result: IndexResult, sheets: list[tuple[str, str]]) -> None:
    m = result.meta
    rows: list[tuple[str, Any]] = [(m["title"], None)]
    rows += [("", None), ("method", m["method"]), ("source", m["source"]), ("note", m["note"]), ("units", m["units"])]
    rows += [("specification", m["spec"]), ("data", m["data"]), ("result", m["digest"])]
    rows += [("note", n) for n in m["notes"]]
    rows += [("", None), ("sheet", "what it holds")]
    rows += list(sheets)
    rows += [
        ("", None),
        ("colours", "yellow cells are imputed or carried forward; blue numbers in 'weights' may be changed, all formulas follow"),
    ]
    rows += [("formulas", "the sheets normalised, scores and ranking are formulas; 'check' compares them with the computed values")]
    for i, (a, b) in enumerate(rows, start=1):
        book.put("readme", i, 1, a, bold=i == 1 or a == "sheet")
        book.put("readme", i, 2, b, bold=a == "sheet")
    book.widths("readme", (22, 110))


def _stages(book: Book, result: IndexResult, sheets: list[tuple[str, str]]) -> None:
    what = {
        "raw": "Values as they came in, all units",
        "denominated": "Divided by their denominators and scaled; ranked units only, from here on",
        "imputed": "Missing values filled",
        "transformed": "Logarithms and other transformations",
        "treated": "Outliers treated",
    }
    filled = result.is_imputed()
    for stage in STAGES:
        matrix = result.stage(stage)
        names = dict(zip(result.data.units, result.data.names, strict=True))
        table = matrix.to_arrow()
        table = table.add_column(1, "name", pa.array([names[u] for u in matrix.units], pa.string()))
        book.table(stage, table)
        if stage not in ("raw", "denominated"):
            for u, j in np.argwhere(filled & ~np.isnan(matrix.values)):
                book.mark(stage, int(u) + 2, int(j) + 3)
        sheets.append((stage, what[stage]))


def _imputed(result: IndexResult) -> pa.Table:
    carried = {(u, c) for u, c in result.sample.carried}
    place = {u: k for k, u in enumerate(result.units)}
    values = result.stage("imputed")
    cells = result.step("impute").done["cells"]
    method = result.spec.imputation.method
    return pa.table(
        {
            "unit_id": pa.array([u for _, u in cells], pa.string()),
            "indicator": pa.array([c for c, _ in cells], pa.string()),
            "value": pa.array([float(values.column(c)[place[u]]) for c, u in cells], pa.float64(), from_pandas=True),
            "how": pa.array(["carried forward" if (u, c) in carried else method for c, u in cells], pa.string()),
        }
    )


class _Formulas:
    """The sheets that are formulas; ``cells`` know where a part or a weight stands."""

    def __init__(self, book: Book, result: IndexResult) -> None:
        self.book, self.result, self.spec = book, result, result.spec
        self.n = len(result.units)
        self.cells = Cells(self.n)
        self.sheets: list[tuple[str, str]] = []

    def weights(self) -> None:
        """One row a part of a group, with its weight."""
        self.book.sheet("weights")
        for j, name in enumerate(("group", "part", "name", "weight"), start=1):
            self.book.put("weights", 1, j, name, bold=True)
        row = 2
        for g in self.spec.downward():
            for id, w in self.result.weights[g.id].items():
                for j, value in enumerate((g.id, id, self.spec.label(id)), start=1):
                    self.book.put("weights", row, j, value)
                self.book.put("weights", row, 4, w, blue=True)
                self.cells.weight[(g.id, id)] = f"weights!$D${row}"
                row += 1
        self.book.widths("weights", (20, 20, 40, 12))
        self.sheets.append(("weights", "Weight of every part within its group; may be changed"))

    def _head(self, sheet: str, columns: list[str]) -> None:
        self.book.sheet(sheet)
        for j, name in enumerate(("unit_id", "name", *columns), start=1):
            self.book.put(sheet, 1, j, name, bold=True)
        for u, (id, name) in enumerate(zip(self.result.units, self.result.sample.names, strict=True)):
            self.book.put(sheet, u + 2, 1, id)
            self.book.put(sheet, u + 2, 2, name)
        self.book.freeze(sheet, "C2")

    def normalised(self) -> None:
        """Scaled indicators: a formula over the sheet *treated* where the rule is one, values otherwise."""
        self._head("normalised", [i.id for i in self.spec.indicators])
        filled = self.result.is_imputed()
        late = self.spec.imputation.after == "normalise"
        for j, i in enumerate(self.spec.indicators):
            rule = renormed(self.spec, i, None)
            column = self.cells.column(j + 3)
            self.cells.place[i.id] = ("normalised", column)
            values = self.result.score(i.id)
            for u in range(self.n):
                formula = None if late and filled[u, j] else scale_formula(rule, i.direction, f"treated!{column}", u + 2, self.n)
                self.book.formula("normalised", u + 2, j + 3, formula, values[u])
                if filled[u, j]:
                    self.book.mark("normalised", u + 2, j + 3)
        self.sheets.append(("normalised", "Scaled indicators, as formulas over 'treated' where the rule is one"))

    def scores(self) -> None:
        """Every group, parts before wholes; a rescaled group has a column before rescaling too."""
        groups = self.spec.upward()
        columns: list[str] = []
        for g in groups:
            columns += [f"{g.id} (before rescaling)", g.id] if self.spec.rescaling_of(g.id) is not None else [g.id]
        self._head("scores", columns)
        at = 3
        for g in groups:
            how = self.spec.rescaling_of(g.id)
            value = self.result.score(g.id)
            parts = [p.id for p in self.spec.parts(g.id)]
            rule = self.spec.aggregation_of(g.id)
            column = self.cells.column(at)
            for u in range(self.n):
                formula = mean_formula(rule, [(self.cells.of(p, u + 2), self.cells.weight[(g.id, p)]) for p in parts])
                shown = value[u] if how is None else self._before(g.id)[u]
                self.book.formula("scores", u + 2, at, formula, shown)
            if how is not None:
                at += 1
                for u in range(self.n):
                    self.book.formula("scores", u + 2, at, rescale_formula(how, f"{column}", u + 2, self.n), value[u])
            self.cells.place[g.id] = ("scores", self.cells.column(at))
            at += 1
        self.sheets.append(("scores", "Scores of every group, from the parts up, as formulas"))

    def _before(self, id: str) -> Any:
        from armillary.composite.steps.aggregate import aggregate

        parts = [p.id for p in self.spec.parts(id)]
        stack = np.stack([self.result.score(p) for p in parts])
        return aggregate(stack, np.array([self.result.weights[id][p] for p in parts]), self.spec.aggregation_of(id))

    def ranking(self) -> None:
        """Scores as they are compared, and ranks."""
        root = self.spec.root.id
        self._head("ranking", ["score", "rank"])
        decimals = self.spec.ranking.decimals
        value, rank = self.result.score(root), self.result.ranks(root)
        for u in range(self.n):
            cell = self.cells.of(root, u + 2)
            rounded = None if np.isnan(value[u]) else round(float(value[u]), 9 if decimals is None else decimals)
            self.book.formula("ranking", u + 2, 3, f'IF(ISNUMBER({cell}),ROUND({cell},{9 if decimals is None else decimals}),"")', rounded)
            self.book.formula("ranking", u + 2, 4, place_formula(self.spec.ranking.ties, "C", u + 2, self.n), rank[u])
        self.sheets.append(("ranking", "Score of the index as it is compared, and the rank, as formulas"))

    def check(self) -> None:
        """Computed values beside the formulas; the largest difference of each column."""
        ids = [i.id for i in self.spec.indicators] + [g.id for g in self.spec.upward()]
        self._head("check", ids)
        for j, id in enumerate(ids, start=3):
            for u, v in enumerate(self.result.score(id)):
                self.book.put("check", u + 2, j, None if np.isnan(v) else float(v))
            sheet, column = self.cells.place[id]
            mine = self.cells.column(j)
            last = self.n + 1
            ours, theirs = f"{mine}2:{mine}{last}", f"{sheet}!{column}2:{column}{last}"
            formula = f"ABS(SUM({ours})-SUM({theirs}))+ABS(SUMSQ({ours})-SUMSQ({theirs}))+ABS(COUNT({ours})-COUNT({theirs}))"
            self.book.formula("check", self.n + 3, j, formula, 0.0)
        self.book.put("check", self.n + 3, 2, "difference (sums, squares and counts)", bold=True)
        self.book.put("check", self.n + 4, 2, "largest difference", bold=True)
        first, last_column = self.cells.column(3), self.cells.column(len(ids) + 2)
        self.book.formula("check", self.n + 4, 3, f"MAX({first}{self.n + 3}:{last_column}{self.n + 3})", 0.0)
        self.sheets.append(("check", "Computed values, and how far the formulas are from them"))
