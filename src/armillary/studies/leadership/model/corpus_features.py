"""Features of the authors of given works from the corpus, as Ibis expressions (METHODS 4.6).

History means *earlier calendar years*: nothing of the paper's own year or later is used, so a model never sees the future. An author
without an id has no history: those features are missing (null), which is not zero.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis import _
from numpy.typing import NDArray

from armillary.core.corpus import Corpus
from armillary.counting.bylines import alphabetical_works
from armillary.errors import UnknownNameError
from armillary.studies.leadership.model.features import BYLINE, FEATURE_SETS, HISTORY

LARGEST_TEAM = 100
"""Works of larger teams have no co-authorship feature: their bylines are lists of a consortium."""


def targets(corpus: Corpus, works: ir.Table) -> ir.Table:
    """``work_id, author_seq, author_id, year, n_authors``: the author-paper rows to describe. Works without a year are left out."""
    work = corpus.table("work").semi_join(works.select("work_id"), "work_id").filter(_.year.notnull() & ~_.is_authors_truncated)
    a = corpus.table("authorship").select("work_id", "author_seq", "author_id", "is_corresponding")
    return a.join(work.select("work_id", "year", "n_authors", "n_corresponding", "field_id"), "work_id")


def feature_table(corpus: Corpus, works: ir.Table, feature_set: str = "byline") -> ir.Table:
    """``work_id, author_seq`` and the features of the set, one row an author of each work."""
    if feature_set not in FEATURE_SETS:
        raise UnknownNameError("feature set", feature_set, FEATURE_SETS)
    rows = _byline(corpus, targets(corpus, works))
    if feature_set == "full":
        rows = _history(corpus, rows)
    return rows.select("work_id", "author_seq", *FEATURE_SETS[feature_set])


def feature_matrix(corpus: Corpus, works: ir.Table, feature_set: str = "byline") -> tuple[pa.Table, NDArray[np.float64]]:
    """Keys (``work_id, author_seq``, sorted) and the matrix of features; missing values are NaN."""
    table = corpus.fetch(feature_table(corpus, works, feature_set)).sort_by([("work_id", "ascending"), ("author_seq", "ascending")])
    columns = [table[c].cast(pa.float64()).to_numpy(zero_copy_only=False) for c in FEATURE_SETS[feature_set]]
    matrix = np.stack(columns, axis=1) if table.num_rows else np.empty((0, len(columns)))
    return table.select(["work_id", "author_seq"]), np.asarray(matrix, dtype=np.float64)


def _byline(corpus: Corpus, rows: ir.Table) -> ir.Table:
    order = alphabetical_works(corpus).select("work_id", in_order=_.is_alphabetical)
    rows = rows.left_join(order, "work_id").drop("work_id_right")
    place, n = rows.author_seq.cast("float64") - 1.0, rows.n_authors.cast("float64")
    missing = ibis.null("float64")
    made = {
        "place": ibis.ifelse(rows.n_authors > 1, place / ibis.greatest(n - 1.0, 1.0), 0.0),
        "from_start": ibis.least(place, 10.0),
        "from_end": ibis.least(n - 1.0 - place, 10.0),
        "is_alphabetical": rows.in_order.cast("float64"),
        "is_corresponding": ibis.ifelse(rows.n_corresponding > 0, rows.is_corresponding.fill_null(False).cast("float64"), missing),
    }
    assert {"n_authors", *made} == set(BYLINE)
    keep = ["work_id", "author_seq", "author_id", "year", "field_id"]
    return rows.select(*keep, n_authors=n, **made)


def _history(corpus: Corpus, rows: ir.Table) -> ir.Table:
    """Add the features of :data:`~.features.HISTORY`."""
    rows = corpus.memo(f"lead:rows:{ibis.to_sql(rows, dialect='duckdb')}", lambda: rows)
    work = corpus.table("work").filter(_.year.notnull()).select("work_id", "year", "n_authors", "topic_id")
    wanted = rows.filter(rows.author_id.notnull()).select("author_id").distinct()
    past = corpus.table("authorship").filter(_.author_id.notnull()).select("work_id", "author_id").distinct().semi_join(wanted, "author_id")
    past = past.join(work, "work_id")  # work_id, author_id, year, n_authors, topic_id of every work of these authors
    keys = ["work_id", "author_seq"]
    pairs = rows.filter(rows.author_id.notnull()).select("work_id", "author_seq", "author_id", "year")
    earlier = past.select("author_id", past_work=past.work_id, past_year=past.year, past_n=past.n_authors, past_topic=past.topic_id)
    before = pairs.join(earlier, "author_id").filter(_.past_year < _.year)  # one row an author-paper and earlier work

    counts = before.group_by(keys).agg(n_past=_.count(), first_year=_.past_year.min())
    cites = corpus.table("citation").filter(_.citing_year.notnull()).select("citing_year", past_work=_.cited_id)
    cited = before.join(cites, "past_work").filter(_.citing_year < _.year).group_by(keys).agg(n_cites=_.count())
    known, own, n_refs = _references(corpus, rows, before)
    cosine = _topics(corpus, rows, before)
    met = _coauthors(corpus, rows, before)

    base = rows.select(*rows.columns, has_id=rows.author_id.notnull())
    for part in (counts, cited, known, own, cosine, met):
        base = base.left_join(part, keys).drop("work_id_right", "author_seq_right")
    base = base.left_join(n_refs, "work_id").drop("work_id_right")
    none = ibis.null("float64")

    def of_known(value: ir.Value) -> ir.Value:
        return ibis.ifelse(base.has_id, value, none)

    age = (base.year - base.first_year).cast("float64").fill_null(0.0)
    made = {
        "past_works": of_known((base.n_past.fill_null(0).cast("float64") + 1.0).ln()),
        "past_citations": of_known((base.n_cites.fill_null(0).cast("float64") + 1.0).ln()),
        "career_age": of_known(age),
        "references_known": ibis.ifelse(base.has_id & (base.n_refs > 0), base.n_known.fill_null(0) / base.n_refs, none),
        "references_own": ibis.ifelse(base.has_id & (base.n_refs > 0), base.n_own.fill_null(0) / base.n_refs, none),
        "topic_cosine": of_known(base.cosine),
        "past_coauthors": ibis.ifelse(base.has_id & (base.n_authors <= LARGEST_TEAM), base.n_met.fill_null(0).cast("float64"), none),
        "field": base.field_id.cast("float64"),
    }
    out = base.mutate(**made, year=base.year.cast("float64"))
    oldest = out.career_age.max().over(group_by="work_id")
    out = out.mutate(age_gap=oldest - out.career_age)
    assert set(HISTORY) <= set(out.columns)
    return out


def _references(corpus: Corpus, rows: ir.Table, before: ir.Table) -> tuple[ir.Table, ir.Table, ir.Table]:
    """References that an author cited before (``n_known``), references he wrote (``n_own``), and all references of the paper."""
    keys = ["work_id", "author_seq"]
    cites = corpus.table("citation").select("citing_id", "cited_id").distinct()
    papers = rows.select("work_id").distinct()
    refs = cites.join(papers, cites.citing_id == papers.work_id).select("work_id", "cited_id")
    n_refs = refs.group_by("work_id").agg(n_refs=_.count().cast("float64"))
    earlier = before.select(*keys, "past_work")
    past_refs = earlier.join(cites, earlier.past_work == cites.citing_id).select(*keys, "cited_id").distinct()
    known = past_refs.join(refs, ["work_id", "cited_id"]).group_by(keys).agg(n_known=_.count().cast("float64"))
    mine = earlier.select(*keys, cited_id=earlier.past_work)
    own = mine.join(refs, ["work_id", "cited_id"]).group_by(keys).agg(n_own=_.count().cast("float64"))
    return known, own, n_refs


def _topics(corpus: Corpus, rows: ir.Table, before: ir.Table) -> ir.Table:
    """``cosine`` of the paper's topic vector (scores) and the sum of the vectors of the author's earlier works."""
    keys = ["work_id", "author_seq"]
    scores = corpus.table("work_topic").select("work_id", "topic_id", score=_.score.cast("float64"))
    papers = rows.select("work_id").distinct()
    paper = scores.semi_join(papers, "work_id")
    length = paper.group_by("work_id").agg(paper_sq=(paper.score * paper.score).sum())
    past = before.select(*keys, "past_work")
    theirs = past.join(scores.rename(past_work="work_id", past_score="score"), "past_work")
    vector = theirs.group_by([*keys, "topic_id"]).agg(weight=theirs.past_score.sum())
    norm = vector.group_by(keys).agg(author_sq=(vector.weight * vector.weight).sum())
    both = vector.join(paper, ["work_id", "topic_id"])
    dot = both.group_by(keys).agg(dot=(both.weight * both.score).sum())
    joined = norm.join(length, "work_id").left_join(dot, keys).drop("work_id_right", "author_seq_right")
    size = (joined.author_sq * joined.paper_sq).sqrt()
    # rounded, because engines add in different orders
    return joined.select(*keys, cosine=ibis.ifelse(size > 0, (joined.dot.fill_null(0.0) / size).round(9), ibis.null("float64")))


def _coauthors(corpus: Corpus, rows: ir.Table, before: ir.Table) -> ir.Table:
    """``n_met``: co-authors of the paper with whom the author shares an earlier work."""
    keys = ["work_id", "author_seq"]
    team = rows.filter(rows.author_id.notnull() & (rows.n_authors <= LARGEST_TEAM)).select("work_id", other=rows.author_id).distinct()
    small = before.filter((before.past_n <= LARGEST_TEAM) & (before.past_n > 1))
    there = corpus.table("authorship").filter(_.author_id.notnull()).select(past_work=_.work_id, other=_.author_id).distinct()
    met = small.select(*keys, "author_id", "past_work").join(there, "past_work").filter(_.other != _.author_id)
    return met.select(*keys, "other").distinct().join(team, ["work_id", "other"]).group_by(keys).agg(n_met=_.count())
