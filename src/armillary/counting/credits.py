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
from armillary.counting.affiliations import affiliations
from armillary.counting.lists import has_whole_papers, list_members, list_works, lists_of
from armillary.counting.methods import counting_method
from armillary.counting.scopes import scoped_works
from armillary.errors import UsageError

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
    return repr((r.unit, r.scope, r.subject, str(r.period), r.step, r.split, r.unmatched, r.rollup, r.regions, r.country_fallback, r.lists))


def unit_credits(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """``unit_id, period, work_id, credit`` under the recipe's counting method; only assigned credit, one row a unit, period and work."""
    method = counting_method(recipe.counting)
    if recipe.unit == "field":
        works = scoped_works(corpus, recipe)
        return works.filter(works.field_id.notnull()).select(
            unit_id=works.field_id.cast("int64"), period=works.period, work_id=works.work_id, credit=ibis.literal(CREDIT, type="int64")
        )
    if has_whole_papers(corpus, recipe):
        works, listed = scoped_works(corpus, recipe).select("work_id", "period"), list_works(corpus, recipe)
        named = works.join(listed, "work_id").select("unit_id", "period", "work_id")
        return named.mutate(credit=ibis.literal(CREDIT, type="int64"))
    if method.name in SET_METHODS:
        return _by_sets(corpus, recipe, method.name)
    rows = author_rows(corpus, recipe)
    if method.name == "full":
        return rows.select("unit_id", "period", "work_id").distinct().mutate(credit=ibis.literal(CREDIT, type="int64"))
    if method.root is not None:
        return _modified_fractional(rows, method.root)
    if method.name == "harmonic":
        rows = with_harmonic(corpus, recipe, rows)
    sums = rows.group_by(["unit_id", "period", "work_id"]).agg(credit=of_work(row_credit(rows, method.name)))
    return sums.filter(sums.credit > 0)


SET_METHODS = ("institution-fractional", "country-fractional", "inverse-institutions")
"""Counting methods that divide a paper over the set of its institutions or countries, whatever its authors did."""
ROW_METHODS = ("author-fractional", "complete", "first", "last", "corresponding", "harmonic")
"""Counting methods whose credit is a sum over author rows."""


def row_credit(rows: ir.Table, method: str) -> Any:
    """The credit of one author row under one of :data:`ROW_METHODS`; ``harmonic`` needs :func:`with_harmonic`."""
    share = rows.share_of
    zero = ibis.literal(0, type="int64")
    if method == "author-fractional":
        return divided(rows.n_sharing.cast("int64") * share)
    if method == "complete":
        return divided(share)
    if method == "first":
        return ibis.ifelse(rows.author_seq == 1, divided(share), zero)
    if method == "last":
        return ibis.ifelse(rows.author_seq == rows.n_authors, divided(share), zero)
    if method == "corresponding":
        return ibis.ifelse(rows.is_corresponding.fill_null(False), divided(rows.n_corresponding.cast("int64") * share), zero)
    assert method == "harmonic"
    return scaled(divided(share), divided(rows.author_seq).cast("float64") / rows.harmonic_n.cast("float64"))


def author_rows(corpus: Corpus, recipe: Recipe, works: ir.Table | None = None) -> ir.Table:
    """One row a (work, author, address, unit): ``unit_id, period, work_id, author_seq, n_authors, n_sharing, n_corresponding,
    is_corresponding, institution_id, country_code, share_of``. Rows without a unit are left out.

    ``n_authors`` are the authors in the record, whose order the positions are; ``n_sharing`` those who divide the paper, and
    ``n_corresponding`` those who divide it as corresponding authors: under ``unmatched = "drop"`` only authors with a unit (METHODS 0.1).
    The author's part for the unit is ``1 / share_of``. ``works`` are the works in scope with more columns that the rows shall carry.
    """
    _, rows = _rows(corpus, recipe, works)
    return _shared_by_assigned(recipe, rows) if recipe.unmatched == "drop" else rows.mutate(n_sharing=rows.n_authors)


def _rows(corpus: Corpus, recipe: Recipe, works: ir.Table | None) -> tuple[ir.Table, ir.Table]:
    """All affiliation rows of the works in scope, and those that lead to a unit, with ``unit_id``."""
    scoped = scoped_works(corpus, recipe) if works is None else works
    needed = ("work_id", "period", "n_authors", "n_corresponding")
    carried = () if works is None else [c for c in works.columns if c not in needed]
    works = scoped.select(*needed, *carried)
    if recipe.unit == "author":
        whole = rows = _rows_by_author(corpus, works)
    elif recipe.unit == "list":
        whole, rows = _rows_by_list(corpus, recipe, works)
    else:
        whole = _rows_by_affiliation(corpus, recipe, works)
        rows = _to_units(corpus, recipe, whole)
    return whole, rows.filter(rows.unit_id.notnull())


def _rows_by_author(corpus: Corpus, works: ir.Table) -> ir.Table:
    a = corpus.table("authorship").select("work_id", "author_seq", "author_id", "is_corresponding")
    return a.join(works, "work_id").mutate(
        unit_id=_.author_id, institution_id=ibis.null("int64"), country_code=ibis.null("string"), share_of=ibis.literal(1, type="int64")
    )


def _rows_by_list(corpus: Corpus, recipe: Recipe, works: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Rows of authors or institutions, and those of them that a label lists; who is under two labels counts for both."""
    members = list_members(corpus, recipe)
    if lists_of(corpus, recipe).kind == "author":
        whole = _rows_by_author(corpus, works)
        listed = whole.rename(key="unit_id")
    else:
        whole = _rows_by_affiliation(corpus, recipe, works)
        listed = whole.mutate(key=whole.institution_id)
    return whole, listed.join(members, "key").drop("key")


def _rows_by_affiliation(corpus: Corpus, recipe: Recipe, works: ir.Table) -> ir.Table:
    """Affiliation rows of works in scope with ``share_of``, the inverse of the row's part of its author."""
    a = affiliations(corpus).select(
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


def with_harmonic(corpus: Corpus, recipe: Recipe, rows: ir.Table) -> ir.Table:
    """Add ``harmonic_n``: the sum of ``CREDIT / j`` over the places ``j`` of the authors who divide the paper, each rounded (exact)."""
    if recipe.unmatched == "drop":
        places = rows.select("work_id", "period", "author_seq").distinct()
        sums = places.group_by("work_id", "period").agg(harmonic_n=divided(places.author_seq).sum().cast("int64"))
        return rows.join(sums, ["work_id", "period"])
    work = corpus.table("work")
    top = int(corpus.value("max_authors", lambda: corpus.fetch(work.aggregate(n=work.n_authors.max())).to_pylist()[0]["n"] or 0))
    total, numbers, sums_to = 0, [], []
    for j in range(1, top + 1):
        total += int(CREDIT / j + 0.5)
        numbers.append(j)
        sums_to.append(total)
    table = ibis.memtable({"n_authors": numbers, "harmonic_n": sums_to}, schema={"n_authors": "int32", "harmonic_n": "int64"})
    return rows.join(table, "n_authors")


def _shared_by_assigned(recipe: Recipe, rows: ir.Table) -> ir.Table:
    """Divide each paper over its authors with a unit, and each of these over his addresses with one (METHODS 0.1, drop)."""
    work = ["work_id", "period"]
    if recipe.unit not in ("region", "list"):  # regions and lists may overlap, so the parts of an author need not add up to one
        part = rows.mutate(part=divided(rows.share_of)).group_by([*work, "author_seq"]).agg(assigned=of_work(_.part))
        joined = rows.join(part, [*work, "author_seq"])
        rows = joined.mutate(share_of=joined.share_of.cast("float64") * joined.assigned.cast("float64") / float(CREDIT)).drop("assigned")
    authors = rows.select(*work, "author_seq", "is_corresponding").distinct()
    flagged = authors.is_corresponding.fill_null(False).cast("int32").sum().cast("int32")
    sharing = authors.group_by(work).agg(n_sharing=authors.count().cast("int32"), n_flagged=flagged)
    return rows.drop("n_corresponding").join(sharing, work).rename(n_corresponding="n_flagged")


def _by_sets(corpus: Corpus, recipe: Recipe, method: str) -> ir.Table:
    """Credit that the distinct institutions (or countries) of a paper share equally; those without a unit keep their part unless
    ``unmatched = "drop"``. An institution that stands for several units divides its part among them."""
    if recipe.unit == "author" or (recipe.unit == "list" and lists_of(corpus, recipe).kind == "author"):
        raise UsageError(
            f"{method} counting divides papers over institutions, and authors have no part of that", fix="use author-fractional"
        )
    whole, rows = _rows(corpus, recipe, None)
    whole = rows if recipe.unmatched == "drop" else whole
    work = ["work_id", "period"]
    there = rows.filter(rows.institution_id.notnull())
    institutions = whole.filter(whole.institution_id.notnull()).select(*work, "institution_id").distinct()
    sizes = institutions.group_by(work).agg(n_parts=institutions.count())
    if method == "inverse-institutions":  # 1 / m for every unit, however many of the m institutions it has: a published method, as it is
        units = there.select("unit_id", *work).distinct().join(sizes, work)
        return units.select("unit_id", "period", "work_id", credit=divided(units.n_parts))
    if method == "institution-fractional":
        sets = there.select("unit_id", *work, "institution_id").distinct()
        return _summed(_each_once(sets, [*work, "institution_id"]).join(sizes, work))
    placed = _with_countries(corpus, recipe, whole)
    inside = placed.filter(placed.country_code.notnull()).select(*work, "country_code", "institution_id").distinct()
    sizes = inside.group_by([*work, "country_code"]).agg(n_inside=inside.count())
    sizes = sizes.mutate(n_parts=sizes.n_inside * sizes.count().over(group_by=work))
    sets = rows.filter(rows.country_code.notnull()).select("unit_id", *work, "country_code", "institution_id").distinct()
    return _summed(_each_once(sets, [*work, "country_code", "institution_id"]).join(sizes, [*work, "country_code"]))


def _each_once(sets: ir.Table, key: list[str]) -> ir.Table:
    """Add ``n_units``: among how many units the part of one institution is divided."""
    return sets.mutate(n_units=sets.count().over(group_by=key))


def _summed(sets: ir.Table) -> ir.Table:
    return sets.group_by(["unit_id", "period", "work_id"]).agg(credit=of_work(divided(sets.n_parts * sets.n_units)))


def _modified_fractional(rows: ir.Table, root: float) -> ir.Table:
    part = rows.mutate(credit=divided(rows.n_sharing.cast("int64") * rows.share_of))
    sums = part.group_by(["unit_id", "period", "work_id"]).agg(credit=of_work(part.credit))
    fraction = sums.credit.cast("float64") / float(CREDIT)
    return sums.mutate(credit=scaled(ibis.literal(CREDIT, type="int64"), fraction.pow(1.0 / root)))
