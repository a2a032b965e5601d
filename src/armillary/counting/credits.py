"""Credit: the part of each work that each unit earns. One table feeds every publication indicator (METHODS 1.1, 5.5, 10).

Credit is a 64-bit integer in units of ``1 / CREDIT``. Sums are exact and do not depend on thread count or engine, and halves, thirds,
fifths and their products add up to one paper without a remainder because ``CREDIT`` is a multiple of them all.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.methods import counting_method
from armillary.counting.scopes import scoped_works

CREDIT = 963_761_198_400
"""Credit units of one paper: 2^6 3^4 5^2 7 11 13 17 19 23."""


def divided(denominator: Any) -> Any:
    """``CREDIT / denominator`` rounded to the nearest unit, as an integer expression (one division: this runs once a row and method).

    Null where the denominator is 0: an engine may compute it for works that a later join drops, such as those without authors.
    """
    return _nearest(ibis.literal(float(CREDIT), type="float64") / denominator.cast("float64").nullif(0.0))


def scaled(credit: Any, score: Any) -> Any:
    """``credit * score`` for a real score, rounded to the nearest unit."""
    return _nearest(credit.cast("float64") * score.cast("float64"))


def _nearest(value: Any) -> Any:
    """The nearest whole number, halves upwards: twice as fast as ``round`` on DuckDB and the same on every engine."""
    return (value + 0.5).floor().cast("int64")


def of_work(part: Any) -> Any:
    """The sum of the credits that one unit has in one work. Below 2^53, where sums of whole float64 are exact, in half the memory of the
    128-bit sums that any number of works needs (:meth:`armillary.core.corpus.Corpus.exact_sum`)."""
    return part.cast("float64").sum().cast("int64")


def credit_key(recipe: Recipe) -> str:
    """All choices that the rows of :func:`author_rows` depend on."""
    r = recipe
    return repr((r.unit, r.scope, r.subject, str(r.period), r.step, r.split, r.unmatched, r.rollup, r.regions, r.country_fallback))


def unit_credits(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """``unit_id, period, work_id, credit`` under the recipe's counting method; only assigned credit, one row a unit, period and work."""
    method = counting_method(recipe.counting)
    if recipe.unit == "field":
        works = scoped_works(corpus, recipe)
        return works.filter(works.field_id.notnull()).select(
            unit_id=works.field_id.cast("int64"), period=works.period, work_id=works.work_id, credit=ibis.literal(CREDIT, type="int64")
        )
    rows = author_rows(corpus, recipe)
    if method.name == "full":
        return rows.select("unit_id", "period", "work_id").distinct().mutate(credit=ibis.literal(CREDIT, type="int64"))
    if method.name in ("institution-fractional", "country-fractional"):
        return _set_fractional(rows, by_country=method.name == "country-fractional")
    if method.name == "inverse-institutions":
        return _inverse_institutions(rows)
    if method.root is not None:
        return _modified_fractional(rows, method.root)
    sums = rows.group_by(["unit_id", "period", "work_id"]).agg(credit=of_work(row_credit(rows, method.name)))
    return sums.filter(sums.credit > 0)


ROW_METHODS = ("author-fractional", "complete", "first", "last", "corresponding", "harmonic")
"""Counting methods whose credit is a sum over author rows."""


def row_credit(rows: ir.Table, method: str) -> Any:
    """The credit of one author row under one of :data:`ROW_METHODS`."""
    share = rows.share_of
    zero = ibis.literal(0, type="int64")
    if method == "author-fractional":
        return divided(rows.n_authors.cast("int64") * share)
    if method == "complete":
        return divided(share)
    if method == "first":
        return ibis.ifelse(rows.author_seq == 1, divided(share), zero)
    if method == "last":
        return ibis.ifelse(rows.author_seq == rows.n_authors, divided(share), zero)
    if method == "corresponding":
        return ibis.ifelse(rows.is_corresponding.fill_null(False), divided(rows.n_corresponding.cast("int64") * share), zero)
    assert method == "harmonic"
    return scaled(divided(share), 1.0 / (rows.author_seq.cast("float64") * rows.harmonic_n))


def author_rows(corpus: Corpus, recipe: Recipe, works: ir.Table | None = None) -> ir.Table:
    """One row a (work, author, address, unit): ``unit_id, period, work_id, author_seq, n_authors, n_corresponding, is_corresponding,
    institution_id, country_code, share_of``; the author's part for the unit is ``1 / share_of``. Rows without a unit are left out.

    ``works`` are the works in scope with more columns that the rows shall carry, if any.
    """
    scoped = scoped_works(corpus, recipe) if works is None else works
    needed = ("work_id", "period", "n_authors", "n_corresponding")
    carried = () if works is None else [c for c in works.columns if c not in needed]
    works = scoped.select(*needed, *carried)
    if recipe.unit == "author":
        rows = _rows_by_author(corpus, works)
    else:
        rows = _rows_by_affiliation(corpus, recipe, works)
        rows = _to_units(corpus, recipe, rows)
    rows = rows.filter(rows.unit_id.notnull())
    if recipe.counting == "harmonic":
        rows = with_harmonic(corpus, rows)
    if recipe.unmatched == "drop":
        rows = _without_unmatched(rows)
    return rows


def _rows_by_author(corpus: Corpus, works: ir.Table) -> ir.Table:
    a = corpus.table("authorship").select("work_id", "author_seq", "author_id", "is_corresponding")
    return a.join(works, "work_id").mutate(
        unit_id=_.author_id, institution_id=ibis.null("int64"), country_code=ibis.null("string"), share_of=ibis.literal(1, type="int64")
    )


def _rows_by_affiliation(corpus: Corpus, recipe: Recipe, works: ir.Table) -> ir.Table:
    """Affiliation rows of works in scope with ``share_of``, the inverse of the row's part of its author."""
    a = corpus.table("affiliation").select(
        "work_id",
        "author_seq",
        "address_seq",
        "institution_id",
        "country_code",
        "n_in_address",
        "is_repeat",
        "n_addresses",
        "n_author_institutions",
        "is_corresponding",
    )
    by_address = ibis.greatest(a.n_addresses, 1).cast("int64") * ibis.greatest(a.n_in_address, 1).cast("int64")
    by_set = ibis.greatest(a.n_author_institutions, 1).cast("int64")
    if recipe.split == "institution":
        # the set of the author's matched institutions; an author without any keeps his address rows, for the country fallback
        a = a.filter((a.institution_id.notnull() & ~a.is_repeat) | (a.n_author_institutions == 0))
        share = ibis.ifelse(a.n_author_institutions > 0, by_set, by_address)
    else:
        # institutions that the record ties to no address line can only share as a set
        share = ibis.ifelse((a.address_seq == 0) & (a.n_author_institutions > 0), by_set, by_address)
    return a.mutate(share_of=share).drop("n_in_address", "n_addresses", "is_repeat", "address_seq").join(works, "work_id")


def _to_units(corpus: Corpus, recipe: Recipe, rows: ir.Table) -> ir.Table:
    """Add ``unit_id``; a row may become several (an author's fallback countries, joint bodies, overlapping regions)."""
    if recipe.unit == "country":
        return _with_countries(corpus, recipe, rows).mutate(unit_id=_.country_code)
    if recipe.unit == "city":
        place = corpus.table("institution_place").select("institution_id", unit_id=_.place_id)
        return rows.join(place, "institution_id")
    if recipe.unit == "region":
        from armillary.counting.region_units import with_regions

        return with_regions(corpus, recipe, _with_countries(corpus, recipe, rows))
    if recipe.rollup != "none":
        from armillary.counting.rollup import rolled_up

        return rolled_up(corpus, recipe, rows)
    return rows.mutate(unit_id=rows.institution_id)


def _with_countries(corpus: Corpus, recipe: Recipe, rows: ir.Table) -> ir.Table:
    """Give authors without a matched institution the countries that the record names for them, in equal parts (METHODS 5.8)."""
    if not recipe.country_fallback or not corpus.has("author_country"):
        return rows
    extra = corpus.table("author_country").rename(extra_country="country_code")
    extra = extra.mutate(n_extra=extra.count().over(group_by=["work_id", "author_seq"]))
    known = rows.filter((rows.n_author_institutions > 0) | rows.country_code.notnull())
    unknown = rows.filter((rows.n_author_institutions == 0) & rows.country_code.isnull())
    filled = unknown.join(extra, ["work_id", "author_seq"])
    filled = filled.mutate(country_code=filled.extra_country, share_of=filled.share_of * filled.n_extra)
    return known.union(filled.select(known.columns))


def with_harmonic(corpus: Corpus, rows: ir.Table) -> ir.Table:
    """Add ``harmonic_n``: the sum of 1/j for j up to the number of authors."""
    work = corpus.table("work")
    top = int(corpus.value("max_authors", lambda: corpus.fetch(work.aggregate(n=work.n_authors.max())).to_pylist()[0]["n"] or 0))
    total, numbers, sums = 0.0, [], []
    for j in range(1, top + 1):
        total += 1.0 / j
        numbers.append(j)
        sums.append(total)
    table = ibis.memtable({"n_authors": numbers, "harmonic_n": sums}, schema={"n_authors": "int32", "harmonic_n": "float64"})
    return rows.join(table, "n_authors")


def _without_unmatched(rows: ir.Table) -> ir.Table:
    """Divide each paper over its assigned authors only: ``n_authors`` becomes the number of authors with a unit (METHODS 0.1, drop)."""
    assigned = rows.select("work_id", "period", "author_seq").distinct().group_by("work_id", "period").agg(n_assigned=_.count())
    joined = rows.join(assigned, ["work_id", "period"])
    return joined.mutate(n_authors=joined.n_assigned.cast("int32")).drop("n_assigned")


def _set_fractional(rows: ir.Table, *, by_country: bool) -> ir.Table:
    """Distinct institutions (or countries, then the institutions of each) share the paper equally, whatever the authors did."""
    keys = ["unit_id", "period", "work_id", "country_code", "institution_id"]
    sets = rows.select(*keys).distinct()
    work = ["work_id", "period"]
    if by_country:
        sets = sets.filter(sets.country_code.notnull())
        n_countries = sets.select(*work, "country_code").distinct().group_by(work).agg(n_parts=_.count())
        n_inside = sets.select(*work, "country_code", "institution_id").distinct().group_by([*work, "country_code"]).agg(n_inside=_.count())
        sets = sets.join(n_countries, work).join(n_inside, [*work, "country_code"])
        return _summed(sets, divided(sets.n_parts * sets.n_inside))
    sets = sets.filter(sets.institution_id.notnull())
    n_institutions = sets.select(*work, "institution_id").distinct().group_by(work).agg(n_parts=_.count())
    sets = sets.join(n_institutions, work)
    return _summed(sets, divided(sets.n_parts))


def _inverse_institutions(rows: ir.Table) -> ir.Table:
    """1 / m for every unit on the paper, however many of its m institutions are the unit's: kept to reproduce a published method."""
    work = ["work_id", "period"]
    there = rows.filter(rows.institution_id.notnull())
    n_institutions = there.select(*work, "institution_id").distinct().group_by(work).agg(n_parts=_.count())
    units = there.select("unit_id", *work).distinct().join(n_institutions, work)
    return units.select("unit_id", "period", "work_id", credit=divided(units.n_parts))


def _summed(sets: ir.Table, credit: Any) -> ir.Table:
    return sets.group_by(["unit_id", "period", "work_id"]).agg(credit=of_work(credit))


def _modified_fractional(rows: ir.Table, root: float) -> ir.Table:
    part = rows.mutate(credit=divided(rows.n_authors.cast("int64") * rows.share_of))
    sums = part.group_by(["unit_id", "period", "work_id"]).agg(credit=of_work(part.credit))
    fraction = sums.credit.cast("float64") / float(CREDIT)
    return sums.mutate(credit=scaled(ibis.literal(CREDIT, type="int64"), fraction.pow(1.0 / root)))
