"""Author-paper rows of joint research from the observatory's records, with who led: by position, or as a stored model predicts.

Rows are what :mod:`armillary.studies.leadership.balance` counts. An author is told by his place in the byline, so that authors
without an id count too; an author with addresses in both regions has a row in each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.bylines import flagged_fields
from armillary.counting.credits import author_rows
from armillary.counting.notes import corpus_notes
from armillary.counting.scopes import scoped_works
from armillary.errors import DataError, UnknownNameError, UsageError
from armillary.studies.leadership.balance import SCHEMA, PairPapers, Rule, pair_papers

POSITION_RULES = {
    "first": "first author",
    "last": "last author (a sole author is first and last)",
    "first-last": "first and last author",
    "corresponding": "flagged corresponding authors; papers without a flag are left out",
}
"""Simple comparators of the lead model (METHODS 4.6, 9.4)."""


ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class LeadRows:
    """Rows ``work_id, year, author_id (place in the byline), region, lead`` of joint papers, and what was left out."""

    rows: pa.Table
    by: str
    joint_papers: int
    papers: int
    notes: tuple[str, ...]

    @property
    def coverage(self) -> float:
        """Part of the joint papers for which somebody's lead is known."""
        return self.papers / self.joint_papers if self.joint_papers else float("nan")


def region_rows(corpus: Corpus, recipe: Recipe, first: str, second: str) -> ir.Table:
    """``work_id, year, author_seq, n_authors, is_corresponding, region`` of all authors on papers of both units, whatever their own unit.

    Authors from third units and without any are kept (region of their own, or null), because the rules of the pair need to see them.
    """
    if first == second:
        raise UsageError(f"a pair needs two different units, got '{first}' twice")
    base = recipe.but(step=0, counting="full")
    work = corpus.table("work").filter(_.year.notnull()).select("work_id", "year", "field_id")
    rows = shared_rows(corpus, base)
    if base.unit == "region":
        rows = _two_regions(corpus, base, rows, first, second)
    if prefix := {"institution": "I", "author": "A"}.get(base.unit):
        if not all(u.startswith(prefix) for u in (first, second)):
            raise UsageError(f"'{first}' and '{second}' are not {base.unit} ids", fix=f"write them as {prefix}27837315")
        rows = rows.mutate(region=ibis.literal(prefix) + rows.region)
    one, two = (rows.filter(rows.region == r).select("work_id").distinct() for r in (first, second))
    joint = corpus.memo(f"lead:joint:{base.digest}:{first}:{second}", lambda: one.semi_join(two, "work_id").semi_join(work, "work_id"))
    authors = corpus.table("authorship").semi_join(joint, "work_id").select("work_id", "author_seq", "is_corresponding")
    known = rows.semi_join(joint, "work_id")
    placed = authors.left_join(known, ["work_id", "author_seq"]).select("work_id", "author_seq", "is_corresponding", "region")
    sizes = scoped_works(corpus, base).select("work_id", "n_authors", "n_corresponding")
    return placed.join(work, "work_id").join(sizes, "work_id")


def shared_rows(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """``work_id, author_seq, region`` of works that several units share, whichever pair is asked for; made once."""

    def build() -> ir.Table:
        rows = author_rows(corpus, recipe).select("work_id", "author_seq", region=_.unit_id.cast("string"))
        ends = rows.group_by("work_id").agg(least=rows.region.min(), most=rows.region.max())
        return rows.semi_join(ends.filter(ends.least != ends.most), "work_id").distinct()

    return corpus.memo(f"lead:shared:{recipe.digest}", build)


def _two_regions(corpus: Corpus, recipe: Recipe, rows: ir.Table, first: str, second: str) -> ir.Table:
    """The two regions only (others may overlap them), and ``elsewhere`` for authors whose countries lie in neither."""
    inside = rows.filter(rows.region.isin([first, second]))
    countries = author_rows(corpus, recipe.but(unit="country")).select("work_id", "author_seq").distinct()
    elsewhere = countries.anti_join(inside, ["work_id", "author_seq"]).mutate(region=ibis.literal(ELSEWHERE))
    return inside.union(elsewhere.select(*inside.columns))


def lead_rows(
    corpus: Corpus,
    recipe: Recipe,
    first: str,
    second: str,
    *,
    by: str = "first-last",
    model: str | None = None,
    alphabetical: str = "exclude",
) -> LeadRows:
    """Rows of a pair with the lead of each author.

    ``by`` is a position rule (1 for who leads by it, 0 for the others) or ``model``: the stored predictions of ``model`` (its full hash).
    ``alphabetical="exclude"`` leaves out fields whose bylines are in alphabetical order (models lean on positions too; the
    corresponding flag does not); ``"keep"`` does not.
    """
    if by != "model" and by not in POSITION_RULES:
        raise UnknownNameError("rule for who leads", by, [*POSITION_RULES, "model"])
    table = region_rows(corpus, recipe, first, second)
    notes: list[str] = [*corpus_notes(corpus)]
    flagged = flagged_fields(corpus) if alphabetical == "exclude" and by != "corresponding" else []
    if flagged:
        table = table.filter(~table.field_id.isin(flagged).fill_null(False))
        notes.append(f"Left out: fields {', '.join(map(str, flagged))}, whose bylines are in alphabetical order.")
    joint = int(corpus.fetch(table.aggregate(n=table.work_id.nunique()))["n"][0].as_py())
    if by == "model":
        table = _with_predictions(corpus, table, model)
    else:
        table = _with_positions(table, by)
    rows = corpus.fetch(table.select("work_id", "year", author_id=_.author_seq.cast("int64"), region=_.region, lead=_.lead.cast("float64")))
    rows = rows.cast(SCHEMA).sort_by([("work_id", "ascending"), ("author_id", "ascending"), ("region", "ascending")])
    papers = len(pc.unique(rows["work_id"]))
    if papers < joint:
        why = "no author is flagged as corresponding" if by == "corresponding" else "the model made no prediction for an author"
        notes.append(f"{joint - papers:,} of {joint:,} joint papers are left out: {why}.")
    return LeadRows(rows, by, joint, papers, tuple(notes))


def _with_positions(table: ir.Table, by: str) -> ir.Table:
    is_first, is_last = table.author_seq == 1, table.author_seq == table.n_authors
    if by == "corresponding":
        table = table.filter(table.n_corresponding > 0)
        return table.mutate(lead=table.is_corresponding.fill_null(False).cast("int64"))
    role = {"first": is_first, "last": is_last, "first-last": is_first | is_last}[by]
    return table.mutate(lead=role.cast("int64"))


def _with_predictions(corpus: Corpus, table: ir.Table, model: str | None) -> ir.Table:
    if model is None:
        raise UsageError("which model's predictions?", fix="name it, or use a position rule")
    made = corpus.table("lead_prediction")
    made = made.filter(made.model == model).select("work_id", "author_seq", lead=_.lead_probability)
    joined = table.left_join(made, ["work_id", "author_seq"]).drop("work_id_right", "author_seq_right")
    complete = joined.group_by("work_id").agg(missing=joined.lead.isnull().cast("int64").sum()).filter(_.missing == 0)
    return joined.semi_join(complete, "work_id")


def pair_from_records(
    corpus: Corpus,
    recipe: Recipe,
    first: str,
    second: str,
    *,
    by: str = "first-last",
    model: str | None = None,
    alphabetical: str = "exclude",
    threshold: float = 0.65,
    rule: Rule = "binned",
    others: Any = "exclude",
) -> tuple[PairPapers, LeadRows]:
    """Counts of a pair paper by paper from the records; :class:`DataError` if the two never share a paper in scope."""
    found = lead_rows(corpus, recipe, first, second, by=by, model=model, alphabetical=alphabetical)
    if not found.joint_papers:
        raise DataError(f"{first} and {second} share no paper in this scope and period")
    return pair_papers(found.rows, first, second, threshold=threshold, rule=rule, others=others), found


def pairs_with_papers(corpus: Corpus, recipe: Recipe, *, top: int = 50) -> list[tuple[str, str, int]]:
    """Pairs of units by joint papers, most first: which balances are worth asking for."""
    from armillary.studies.cooperation.records import pairs_from_corpus

    pairs = pairs_from_corpus(corpus, recipe)
    joint, _own = pairs.summed(recipe.period)
    found: list[tuple[str, str, int]] = []
    for i, one in enumerate(pairs.units):
        found += [(min(one, two), max(one, two), int(joint[i, j])) for j, two in enumerate(pairs.units[:i]) if joint[i, j] > 0]
    return sorted(found, key=lambda r: (-r[2], r[0], r[1]))[:top]


def store_predictions(corpus: Corpus, model: str, table: pa.Table) -> int:
    """Put predictions (``work_id, author_seq, lead_probability``) into table ``lead_prediction`` under the model's hash; returns rows."""
    store = corpus.store
    rows = table.append_column("model", pa.array([model] * table.num_rows, pa.string()))
    with store.write() as txn:
        old = txn.read("lead_prediction")
        kept = old.filter(pc.not_equal(old["model"], model))
        txn.replace("lead_prediction", pa.concat_tables([kept, rows.select(old.schema.names).cast(old.schema)]))
    return int(table.num_rows)
