"""The table of policy uptake: units (fields, countries, institutions, cities, or goals) by policy documents or kinds of source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.core.interchange import Tabular
from armillary.counting.notes import corpus_notes
from armillary.counting.policy_links import policy_links
from armillary.counting.scopes import scoped_works
from armillary.errors import DataError, UnknownNameError
from armillary.ranking.rank import rank
from armillary.ranking.recipes import make_recipe

COLUMNS = ("document", "organisation", "source_type")


@dataclass(frozen=True, slots=True, repr=False)
class Uptake(Tabular):
    """``table``: ``unit_id, name, papers, cited, part`` and one column a document (or source type) with papers it cites; ``meta``.

    ``papers`` counts works with a DOI (a policy document can be matched to no other), ``cited`` those cited by any document under the
    counting method, ``part`` is PP(policy). Under full counting a paper stands in the row of every unit on it; a last row without
    ``unit_id`` holds what could not be assigned.
    """

    table: pa.Table
    columns: tuple[str, ...]
    meta: dict[str, Any]

    @property
    def arrow(self) -> pa.Table:
        """The rows, as other results call them."""
        return self.table


def uptake(corpus: Corpus, *, unit: str = "field", by: str = "document", top: int = 12, **choices: Any) -> Uptake:
    """Papers of each unit that the ``top`` most citing documents (organisations, source types) cite.

    ``unit`` is a unit of rankings, or ``goal`` (the Sustainable Development Goals). ``choices`` as for a ranking, options included.
    """
    if by not in COLUMNS:
        raise UnknownNameError("column of the uptake table", by, COLUMNS)
    links = policy_links(corpus)
    key = {"document": "policy_id", "organisation": "organisation", "source_type": "organisation_type"}[by]
    counts = corpus.fetch(links.filter(links[key].notnull()).group_by(links[key].name(by)).agg(n=links.work_id.nunique())).to_pylist()
    if not counts:
        raise DataError("no work here is cited in the policy documents", fix="check the DOIs of the works, or ingest more of either")
    columns = tuple(str(r[by]) for r in sorted(counts, key=lambda r: (-r["n"], str(r[by])))[:top])
    option = "source_type" if by == "source_type" else "document"
    given = dict(choices.pop("options", {}))
    if unit == "goal":
        rows = _by_goal(corpus, columns, option, given, choices)
    else:
        rows = _by_unit(corpus, unit, columns, option, given, choices)
    fixed = [("unit_id", pa.string()), ("name", pa.string()), ("papers", pa.int64()), ("cited", pa.float64()), ("part", pa.float64())]
    schema = pa.schema([*fixed, *((c, pa.float64()) for c in columns)])
    return Uptake(pa.Table.from_pylist(rows, schema=schema), columns, _meta(corpus, unit, by, choices))


def _by_unit(
    corpus: Corpus,
    unit: str,
    columns: tuple[str, ...],
    option: str,
    given: dict[str, Any],
    choices: dict[str, Any],
) -> list[dict[str, Any]]:
    def values(indicator: str, **options: Any) -> dict[str | None, float]:
        found = rank(corpus, make_recipe(indicator, unit=unit, options={**given, **options}, minimum=0, **choices))
        return {r["unit_id"]: r["value"] for r in found.rows() if r["value"] is not None}

    whole = rank(corpus, make_recipe("pp-policy", unit=unit, options=given, minimum=0, **choices))
    rows = {r["unit_id"]: r for r in whole.rows() if r["value"] is not None}
    cited = values("p-policy")
    cells = [values("p-policy", **{option: c}) for c in columns]
    order = sorted(rows, key=lambda u: (u is None, -cited.get(u, 0.0), rows[u]["name"].casefold(), u or ""))
    return [
        {
            "unit_id": u,
            "name": rows[u]["name"],
            "papers": rows[u]["count"],
            "cited": cited.get(u, 0.0),
            "part": rows[u]["value"],
            **{c: cell.get(u, 0.0) for c, cell in zip(columns, cells, strict=True)},
        }
        for u in order
    ]


def _by_goal(
    corpus: Corpus,
    columns: tuple[str, ...],
    option: str,
    given: dict[str, Any],
    choices: dict[str, Any],
) -> list[dict[str, Any]]:
    """Goals as rows: all papers of the scope on the goal, whoever wrote them."""
    from armillary.counting.goals.queries import goal_names
    from armillary.indicators import indicator_info

    def total(goal: int, indicator: str, **options: Any) -> tuple[float, int]:
        recipe = make_recipe(indicator, unit="field", options={**given, "goal": goal, **options}, **choices)
        info = indicator_info(indicator)
        assert info.work_scores is not None
        works = scoped_works(corpus, recipe).select("work_id")
        scores = info.work_scores(corpus, recipe)
        assert scores is not None
        joined = works.join(scores, "work_id")
        row = corpus.fetch(joined.aggregate(s=joined.score.sum(), n=joined.count())).to_pylist()[0]
        return float(row["s"] or 0), int(row["n"])

    out = []
    for goal, name in {0: "all papers", **goal_names()}.items():
        cited, papers = total(goal, "pp-policy")
        cells = {c: total(goal, "p-policy", **{option: c})[0] for c in columns}
        out.append(
            {
                "unit_id": f"sdg:{goal}" if goal else "all",
                "name": name,
                "papers": papers,
                "cited": cited,
                "part": cited / papers if papers else None,
                **cells,
            }
        )
    return out


def _meta(corpus: Corpus, unit: str, by: str, choices: dict[str, Any]) -> dict[str, Any]:
    """How many of the cited DOIs are works of this observatory: what the table cannot see."""
    cited = corpus.table("policy_citation").select("doi").distinct()
    dois = int(corpus.fetch(cited.aggregate(n=cited.count())).to_pylist()[0]["n"])
    work = corpus.table("work")
    here = cited.semi_join(work.filter(work.doi.notnull()), "doi")
    found = int(corpus.fetch(here.aggregate(n=here.count())).to_pylist()[0]["n"])
    return {
        "title": f"Policy uptake: {unit} by {by.replace('_', ' ')}",
        "unit": unit,
        "columns": by,
        "coverage": f"{found:,} of the {dois:,} DOIs that policy documents cite are works of this observatory",
        "choices": {k: str(v) for k, v in choices.items() if v is not None},
        "notes": corpus_notes(corpus),
        "data": corpus.data_version,
    }
