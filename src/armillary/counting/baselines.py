"""What impact is measured against: the world, a file of the world's cells, OpenAlex's own scores, or, if asked, the corpus itself.

Normalised within its own download every corpus is average, whatever it is: the mean is 1 by construction. So without a yardstick an impact
ranking of a corpus that is no world is refused by name of the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe, Scalar
from armillary.counting.baseline_file import CHOICES, Baseline, OamBaseline, digest_of, read_baseline, write_baseline
from armillary.counting.cells import CELL, baseline_of, reference_tally
from armillary.counting.classes import LEVELS, level_key
from armillary.counting.settled import settled
from armillary.errors import DataError, UsageError
from armillary.version import __version__

WAYS = (
    "compare with the world: --baseline FILE (armillary baseline make), or --baseline given (OpenAlex's own scores); "
    "--within-corpus (option baseline=own) compares these works with each other all the same"
)

ONLY_WITHIN = "--within-corpus (option baseline=own) compares these works with each other all the same"


def what_it_is(corpus: Corpus) -> str:
    """A few words for a corpus that is no world."""
    kind = str(corpus.data_version.get("kind") or "")
    named = {"institution": "the works of one institution", "country": "the works of one country", "random-sample": "a random sample"}
    return named.get(kind, f"a sample of {corpus.store.rows('work'):,} works")


def lacks_yardstick(corpus: Corpus, recipe: Recipe) -> bool:
    """Whether the recipe compares works with a world that the corpus is not; false for indicators that compare with nothing."""
    return recipe.option("baseline", "") == "world" and bool(corpus.data_version.get("sample"))


def no_yardstick(corpus: Corpus) -> str:
    """Why the corpus gives no impact by itself."""
    return f"this observatory holds {what_it_is(corpus)}, and normalised among themselves they are average by construction"


def require_yardstick(corpus: Corpus, recipe: Recipe) -> None:
    """Refuse an impact recipe that the corpus cannot answer: :class:`DataError` for no yardstick or one that does not fit these works,
    :class:`UsageError` for a baseline made under other options."""
    baseline = baseline_of(recipe)
    named = str(recipe.option("baseline", "world"))
    if baseline is not None:
        _require_fit(corpus, recipe, baseline)
    elif named == "given":
        if corpus.value("has_given_scores", lambda: corpus.scalar(corpus.table("work").fwci_given.count())) == 0:
            raise DataError("no work here carries OpenAlex's own scores", fix="ingest records with fwci, or give a baseline file")
    elif lacks_yardstick(corpus, recipe):
        is_impact = "citations" in dict(recipe.options)
        raise DataError(f"no yardstick for {recipe.indicator}: {no_yardstick(corpus)}", fix=WAYS if is_impact else ONLY_WITHIN)


def _require_fit(corpus: Corpus, recipe: Recipe, baseline: Baseline) -> None:
    for name in CHOICES:
        asked = recipe.option(name, baseline.option(name))
        if name == "field_level":
            asked = level_key(corpus, str(asked))
        if asked != baseline.option(name):
            if isinstance(baseline, OamBaseline):
                raise UsageError(
                    f"OAM's scores are made with {name}={_said(baseline.option(name))}, so not with {_said(asked)}",
                    where=baseline.path,
                    fix=f"leave out --option {name}" + ("; window=2 is its three-year window" if name == "window" else ""),
                )
            raise UsageError(
                f"the baseline was made with {name}={_said(baseline.option(name))}, not {_said(asked)}",
                where=baseline.path,
                fix=f"leave out --option {name}, or make another baseline",
            )
    if baseline.option("citations") == "corpus" and corpus.data_version.get("sample"):
        raise DataError(
            f"this baseline counts references within the world, and this observatory holds {what_it_is(corpus)}: who else cites them is "
            "not seen",
            fix="make the baseline with --option citations=given",
        )
    if baseline.is_synthetic != bool(corpus.data_version.get("synthetic")):
        kinds = ("an invented world", "real records")
        one, other = kinds if baseline.is_synthetic else kinds[::-1]
        raise DataError(f"the baseline is of {one}, these are {other}", where=baseline.path, fix="use one of the same world")


def _said(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def with_baseline(info_options: Mapping[str, Any], chosen: dict[str, Scalar], given: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Options of a recipe that names a baseline: what it fixes and the user left open is as it was made; what contradicts it is refused."""
    named = str(chosen.get("baseline", "world"))
    if named in ("world", "own"):
        return chosen
    if named == "given":
        for name in (*CHOICES, "min_cell"):
            if name in given and chosen[name] != ("given" if name == "citations" else info_options[name].default):
                raise UsageError(
                    f"OpenAlex's own scores are made with its own cells and windows, so {name}={_said(chosen[name])} has no effect",
                    fix=f"leave out {name}, or use a baseline file",
                )
        return {**chosen, "citations": "given"}
    baseline = read_baseline(named)
    fixed = {k: v for k, v in baseline.options if k not in given}
    if "field_level" in fixed and fixed["field_level"] not in LEVELS:
        raise UsageError(
            "the baseline was made with a classification of your own", where=baseline.path, fix="name it: --option field_level=NAME or FILE"
        )
    return {**chosen, **fixed}


# --- making one ------------------------------------------------------------------------------------------------------------------------


def make_baseline(corpus: Corpus, recipe: Recipe, path: Path, *, reference_set: str | None = None) -> Baseline:
    """Write the distribution of citations in every cell of the recipe's scope and period to ``path``.

    ``recipe``: an impact recipe (its unit and counting do not matter). A corpus that is no world must say what its works are a
    ``reference_set`` of; :class:`DataError` otherwise, or if no work has a cell.
    """
    data, recipe = corpus.data_version, settled(corpus, recipe)
    if data.get("sample") and not reference_set:
        raise DataError(
            f"this observatory holds {what_it_is(corpus)}, which is no yardstick for others",
            fix='make it from a world, or say what it stands for: --reference-set "..."',
        )
    options = {k: recipe.option(k, "") for k in CHOICES} | {"field_level": level_key(corpus, str(recipe.option("field_level", "subfield")))}
    tally = reference_tally(corpus, recipe)
    placed = tally.filter(_has_cell(tally))
    if not placed.num_rows:
        raise DataError("no work of the reference set has field, year and type", fix="widen scope or period")
    works = int(pc.sum(placed["n"]).as_py())
    baseline = Baseline(
        path=path,
        name=str(data["name"]),
        reference_set=reference_set or "world",
        snapshot_date=str(data["snapshot_date"]),
        classification_version=str(data["classification_version"]),
        scope_name=recipe.scope_name,
        scope=recipe.scope,
        period=str(recipe.period),
        options=tuple(sorted(options.items())),
        works=works,
        cells=placed.group_by(list(CELL)).aggregate([]).num_rows,
        without_cell=int(pc.sum(tally["n"]).as_py()) - works,
        is_synthetic=bool(data.get("synthetic")),
        armillary=__version__,
        digest=digest_of(placed),
    )
    write_baseline(baseline, placed)
    return baseline


def _has_cell(tally: pa.Table) -> pa.ChunkedArray:
    unknown = "" if not pa.types.is_integer(tally.schema.field("cls").type) else -1
    known = pc.and_(pc.not_equal(tally["year"], -1), pc.not_equal(tally["type"], ""))
    return pc.and_(known, pc.not_equal(tally["cls"], unknown))


# --- OpenAlex's own scores -------------------------------------------------------------------------------------------------------------


def given_ncs(works: ir.Table) -> ir.FloatingValue:
    """Field-weighted citation impact as OpenAlex serves it, null where it does not."""
    score: ir.FloatingValue = works.fwci_given
    return score


def given_top(works: ir.Table, x: int) -> ir.Value:
    """1 for works that OpenAlex counts among the ``x`` % most cited of their subfield, year and type, else 0; null where it does not say.

    The flags for 1 and 10 %, the percentile for others; whole works: OpenAlex does not divide ties.
    """
    flag = {1: works.is_top1_given, 10: works.is_top10_given}.get(x)
    return (works.percentile_given >= (100 - x) / 100 if flag is None else flag).cast("int8")


# --- what every output says ------------------------------------------------------------------------------------------------------------


def yardstick_notes(corpus: Corpus, recipe: Recipe) -> list[str]:
    """What the numbers of an impact recipe are relative to, and how far yardstick and records are apart."""
    named = recipe.option("baseline", "")
    if named == "own" and corpus.data_version.get("sample"):
        return [
            f"Within this corpus: compared with each other, not with the world ({what_it_is(corpus)}); the mean of all is 1, and the top "
            "x % are x % of them, by construction."
        ]
    if named == "given":
        return [
            "Yardstick: the scores that OpenAlex serves with each work (FWCI; citation percentile in subfield, year and type), as of the "
            "records' date; its method, not recomputed here, ties not divided."
        ]
    baseline = baseline_of(recipe)
    return [] if not named or baseline is None else [_describes(baseline), *_differences(corpus, recipe, baseline)]


def _describes(b: Baseline) -> str:
    if isinstance(b, OamBaseline):
        rules = f" ({', '.join(b.scope)})" if b.scope else ""
        window = "" if not b.option("window") else ", of the year of publication and two more"
        return (
            f"Yardstick: OAM's {b.works:,} judged works{rules}, snapshot {b.snapshot_date}, digest {b.digest}. Citations{window} are its "
            "own counts, only from works that it judges, in cells of subfield, year and journal or conference; works that it does not judge"
            " are left out. Ties are divided here; OAM's own flags count all tied works, so its top 10 % are more than 10 %."
        )
    return (
        f"Yardstick: {b.name} ({b.reference_set}), {b.works:,} works in {b.cells:,} cells by {str(b.option('field_level'))[:20]}, year"
        f"{' and type' if b.option('by_type') else ''}; scope {b.scope_name}, snapshot {b.snapshot_date}, digest {b.digest}."
    )


def _differences(corpus: Corpus, recipe: Recipe, b: Baseline) -> list[str]:
    data, out = corpus.data_version, []
    mine, theirs = str(data["snapshot_date"]), b.snapshot_date
    if mine != theirs or mine == "unknown":
        days = _days(mine, theirs)
        apart = "how far apart is not known" if days is None else f"{abs(days):,} days apart"
        more = "" if days is None else f"; citations of the time between are in the {'records' if days > 0 else 'yardstick'} only"
        out.append(f"The yardstick is of {theirs}, the records of {mine}: {apart}{more}.")
    if isinstance(b, OamBaseline):  # cells are its own, and what it judges is said
        return out
    if str(data["classification_version"]) != b.classification_version:
        out.append(
            f"The yardstick's fields are of classification {b.classification_version}, the records' of {data['classification_version']}: "
            "works that moved between fields are compared with others than their own."
        )
    if recipe.scope != b.scope:
        out.append(f"The yardstick's reference set is scope {b.scope_name}, the ranked works are of scope {recipe.scope_name}.")
    return out


def _days(mine: str, theirs: str) -> int | None:
    try:
        return (date.fromisoformat(mine) - date.fromisoformat(theirs)).days
    except ValueError:
        return None
