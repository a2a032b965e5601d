"""The same pair table from the observatory's own records: any unit, any scope, one number a pair and year."""

from __future__ import annotations

from typing import Any

import ibis
import numpy as np
import pyarrow as pa
from ibis import _

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.credits import unit_credits
from armillary.counting.notes import corpus_notes
from armillary.counting.scopes import scoped_works
from armillary.errors import DataError, UsageError
from armillary.studies.cooperation.pairs import PairTable

MOST_UNITS = 400
"""Units of a dense table; the ones with most joint works are kept."""


def pairs_from_corpus(
    corpus: Corpus, recipe: Recipe, *, units: list[str] | None = None, most: int = MOST_UNITS, names: dict[str, str] | None = None
) -> PairTable:
    """Joint papers of all pairs of the recipe's unit by year (full counting), from the works in its scope.

    Here ``own`` are *all* papers of a unit and ``all_n`` all papers in scope, so that every measure is available. Where there are more
    than ``most`` units, those with most papers on joint work are kept (``units`` names them instead); the notes say so.
    :class:`DataError` if no two units ever share a paper.
    """
    if recipe.unit == "field":
        raise UsageError("fields do not cooperate", fix="choose country, region, city, institution or author")
    yearly = recipe.but(step=1, counting="full")
    credits = corpus.memo(
        f"cooperation:{yearly.digest}", lambda: unit_credits(corpus, yearly).select("unit_id", "period", "work_id").distinct()
    )
    works = scoped_works(corpus, yearly)
    shared = credits.group_by(["work_id", "period"]).agg(n_units=_.count()).filter(_.n_units > 1)
    linked = credits.semi_join(shared, ["work_id", "period"])
    sizes = corpus.fetch(linked.group_by("unit_id").agg(n=_.count()).order_by([ibis.desc("n"), "unit_id"]))
    if not sizes.num_rows:
        raise DataError("no two units share a paper in this scope and period")
    ids: list[Any] = sizes["unit_id"].to_pylist()
    found = len(ids)
    if units is not None:
        wanted = set(units)
        ids = [u for u in ids if str(u) in wanted]
    ids = sorted(ids[:most], key=str)
    if len(ids) < 2:
        raise DataError(f"{len(ids)} of the units that were named share a paper with another unit", fix="name more units, or none")
    keep = ibis.memtable(
        pa.table(
            {"unit_id": sizes["unit_id"].take(pa.array([sizes["unit_id"].index(u).as_py() for u in ids])), "place": list(range(len(ids)))}
        )
    )
    small = linked.join(keep, "unit_id").select("work_id", "period", "place")
    other = small.view().select("work_id", "period", other="place")
    joined = small.join(other, ["work_id", "period"]).filter(_.place < _.other)
    counts = joined.group_by(["period", "place", "other"]).agg(n=_.count()).order_by(["period", "place", "other"])
    pairs = corpus.fetch(counts)
    own = corpus.fetch(credits.join(keep, "unit_id").group_by(["period", "place"]).agg(n=_.count()).order_by(["period", "place"]))
    whole = corpus.fetch(works.group_by("period").agg(n=_.count()).order_by("period"))
    span = [int(y) for y in whole["period"].to_pylist() if y is not None]
    years = tuple(range(min(span), max(span) + 1))
    joint, papers, all_n = np.zeros((len(years), len(ids), len(ids))), np.zeros((len(years), len(ids))), np.zeros(len(years))
    y, i, j, n = (pairs[c].to_numpy().astype(np.int64) for c in ("period", "place", "other", "n"))
    joint[y - years[0], i, j] = n
    joint += joint.transpose(0, 2, 1)
    papers[own["period"].to_numpy().astype(np.int64) - years[0], own["place"].to_numpy()] = own["n"].to_numpy()
    all_n[np.array(span) - years[0]] = [r["n"] for r in whole.to_pylist() if r["period"] is not None]
    notes: list[str] = [*corpus_notes(corpus), "A paper of three units counts in three pairs (full counting)."]
    if units is None and found > len(ids):
        notes.append(f"{found:,} units share papers; the {len(ids)} with most are here, and chance-corrected measures are among them.")
    info = corpus.store.info()
    return PairTable(
        tuple(_text(u, recipe.unit) for u in ids),
        years,
        joint,
        papers,
        "papers of the unit in scope",
        "records of this observatory",
        str(info["snapshot_date"] or info["digest"][:12]),
        names or _names(corpus, recipe.unit, ids),
        all_n,
        tuple(notes),
    )


def _text(unit: Any, kind: str) -> str:
    return {"institution": f"I{unit}", "author": f"A{unit}"}.get(kind, str(unit))


def _names(corpus: Corpus, kind: str, ids: list[Any]) -> dict[str, str]:
    if kind == "country":
        from armillary.registry import country_names

        names = country_names()
        return {u: names[u] for u in ids if u in names}
    if kind == "region":
        from armillary.core.places.regions import load_regions

        return {k: r.name for k, r in load_regions().items()}
    table = {
        "institution": ("institution", "institution_id", "name"),
        "city": ("place", "place_id", "name"),
        "author": ("author", "author_id", "name"),
    }[kind]
    rows = corpus.lookup(table[0], (table[1], table[2])).to_pylist()
    wanted = set(ids)
    return {_text(r[table[1]], kind): r[table[2]] for r in rows if r[table[1]] in wanted and r[table[2]]}
