"""Core publications: which sources are international and alive (METHODS 5.1, steps 6 and 7).

A source is kept if the countries of its papers and of the papers citing them are not too far from the world's (Kullback-Leibler distance
below ``ln(1 / largest country share)``), and if enough of its papers cite a recent paper of another kept paper's source.
"""

from __future__ import annotations

import math
from functools import reduce

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis import _

from armillary.core.corpus import Corpus
from armillary.counting.citations import self_citations
from armillary.counting.filters import split_spec, work_filter
from armillary.counting.presence import work_countries

MIN_ACTIVE_SHARE = 0.4
MAX_REFERENCE_AGE = 5
FIRST_CORE_YEAR = 2000
CANDIDATE = ("not-retracted", "document-class-2", "languages:en", "has-authors", "has-addresses", "has-references")
"""Steps 1 to 5: the filters a work must pass before its source is looked at."""


def kullback_leibler(p: npt.ArrayLike, q: npt.ArrayLike) -> float:
    """``sum of p ln(p / q)`` of two distributions over the same countries; infinite where p is positive and q is not."""
    a, b = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    with np.errstate(divide="ignore"):
        terms = np.where(a > 0, a * (np.log(np.where(a > 0, a, 1.0)) - np.log(b)), 0.0)
    return float(terms.sum())


def focus_threshold(q: npt.ArrayLike) -> float:
    """``ln(1 / max q)``: the distance of a source that is all in the largest country."""
    return math.log(1.0 / float(np.max(np.asarray(q, dtype=np.float64))))


def candidates(corpus: Corpus) -> ir.Table:
    """``work_id, source_id, year`` of works that pass steps 1 to 5."""

    def build() -> ir.Table:
        works = corpus.table("work")
        keeps = [f.keep(corpus, works, arg) for f, arg in map(split_spec, CANDIDATE)]
        return works.filter(reduce(lambda a, b: a & b, keeps)).select("work_id", "source_id", "year")

    return corpus.memo("core_candidates", build)


def core_sources(corpus: Corpus) -> pa.Table:
    """One row a source with candidate papers: ``source_id, papers_n, kl, kl_threshold, is_international, active_share, is_core``, by id."""
    result: pa.Table = corpus.value("core_sources", lambda: _core_sources(corpus))
    return result


def _core_sources(corpus: Corpus) -> pa.Table:
    papers = candidates(corpus)
    counts = corpus.fetch(papers.group_by("source_id").agg(n=_.count()).order_by("source_id")).to_pydict()
    ids: list[int] = counts["source_id"]
    distance, threshold = _distances(corpus, papers, ids)
    international = distance < threshold - 1e-12
    active = _active_shares(corpus, papers, ids, international)
    return pa.table(
        {
            "source_id": pa.array(ids, pa.int64()),
            "papers_n": pa.array(counts["n"], pa.int64()),
            "kl": distance,
            "kl_threshold": np.full(len(ids), threshold),
            "is_international": international,
            "active_share": active,
            "is_core": international & (active >= MIN_ACTIVE_SHARE),
        }
    )


def _distances(corpus: Corpus, papers: ir.Table, ids: list[int]) -> tuple[npt.NDArray[np.float64], float]:
    """KL distance of each source's country distribution to the overall one, and the threshold."""
    countries = work_countries(corpus, merge_cn=False)
    parts = countries.mutate(part=1.0 / countries.count().over(group_by="work_id").cast("float64"))
    own = papers.select("work_id", "source_id").join(parts, "work_id").select("source_id", "country_code", "part")
    citing = (
        corpus.table("citation")
        .anti_join(self_citations(corpus), ["citing_id", "cited_id"])
        .semi_join(papers, _.citing_id == papers.work_id)
    )
    cited = citing.join(papers.select("source_id", cited_id=papers.work_id), "cited_id").select("source_id", work_id=_.citing_id)
    theirs = cited.join(parts, "work_id").select("source_id", "country_code", "part")
    sums = own.union(theirs).group_by(["source_id", "country_code"]).agg(weight=_.part.sum())
    table = corpus.fetch(sums.order_by(["source_id", "country_code"]))
    codes = sorted(set(table["country_code"].to_pylist()))
    matrix = np.zeros((len(ids), len(codes)))
    rows = {s: i for i, s in enumerate(ids)}
    columns = {c: i for i, c in enumerate(codes)}
    for source, code, weight in zip(*(table[c].to_pylist() for c in ("source_id", "country_code", "weight")), strict=True):
        # nine digits: float sums differ in the last ones between engines and thread counts
        matrix[rows[source], columns[code]] = round(weight, 9)
    total = matrix.sum(axis=0)
    if not total.sum():
        return np.full(len(ids), np.inf), 0.0
    overall = total / total.sum()
    mass = matrix.sum(axis=1)
    out = [kullback_leibler(matrix[i] / mass[i], overall) if mass[i] else math.inf for i in range(len(ids))]
    return np.array(out), focus_threshold(overall)


def _active_shares(corpus: Corpus, papers: ir.Table, ids: list[int], kept: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Share of each source's papers with a recent non-self reference into a kept source; sources fall out until nothing changes."""
    recent = papers.filter(papers.year >= FIRST_CORE_YEAR)
    links = corpus.table("citation").anti_join(self_citations(corpus), ["citing_id", "cited_id"])
    links = links.join(recent.select(citing_id=recent.work_id, citing_source=recent.source_id, y1=recent.year), "citing_id")
    links = links.join(papers.select(cited_id=papers.work_id, cited_source=papers.source_id, y2=papers.year), "cited_id")
    age = links.y1.cast("int32") - links.y2.cast("int32")
    links = links.filter((age >= 0) & (age <= MAX_REFERENCE_AGE)).select("citing_id", "citing_source", "cited_source").distinct()
    links = corpus.memo("core_links", lambda: links)
    totals = dict(
        corpus.fetch(recent.group_by("source_id").agg(n=_.count()))
        .select(["source_id", "n"])
        .to_pandas()
        .itertuples(index=False, name=None)
    )
    keep = {s for s, k in zip(ids, kept, strict=True) if k}
    share: dict[int, float] = {}
    while True:
        inside = links.filter(links.cited_source.isin(ibis.memtable({"s": sorted(keep) or [-1]}, schema={"s": "int64"}).s))
        counted = corpus.fetch(inside.group_by("citing_source").agg(n=_.citing_id.nunique())).to_pydict()
        share = {s: n / totals[s] for s, n in zip(counted["citing_source"], counted["n"], strict=True)}
        smaller = {s for s in keep if share.get(s, 0.0) >= MIN_ACTIVE_SHARE}
        if smaller == keep:
            return np.array([share.get(s, 0.0) for s in ids])
        keep = smaller


@work_filter(
    "international-sources", reason="source_not_international", says="its source is too far from the world's distribution of countries"
)
def _international_sources(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return _in_core_sources(corpus, works, "is_international")


@work_filter("active-sources", reason="source_not_active", says="too few papers of its source cite recent papers of other core sources")
def _active_sources(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return _in_core_sources(corpus, works, "is_core")


def _in_core_sources(corpus: Corpus, works: ir.Table, flag: str) -> ir.BooleanValue:
    table = core_sources(corpus)
    kept = [s for s, k in zip(table["source_id"].to_pylist(), table[flag].to_pylist(), strict=True) if k]
    return works.source_id.isin(kept or [-1]).fill_null(False)
