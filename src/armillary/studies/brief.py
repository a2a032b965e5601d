"""What a brief tells: headline tables with change and interval, what moved and why, notable works, cooperation, claims checked.

Computes nothing of its own that a ranking does not: it asks rankings, intervals, contributions, pair tables and the audit.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.core.recipe import Period, Recipe
from armillary.core.titles import clean_title
from armillary.counting.affiliations import affiliations
from armillary.counting.baselines import lacks_yardstick
from armillary.counting.cells import scored_works
from armillary.counting.credits import CREDIT
from armillary.counting.notes import compared_notes
from armillary.counting.scopes import scoped_works
from armillary.counting.settled import settled
from armillary.counting.units import PREFIX
from armillary.errors import ArmillaryError, DataError, UsageError
from armillary.indicators import indicator_info
from armillary.ranking.change import adjusted_share, with_change
from armillary.ranking.intervals import IntervalChoices, with_intervals
from armillary.ranking.rank import rank
from armillary.ranking.recipes import make_recipe

if TYPE_CHECKING:
    from armillary.ranking.result import Ranking

KINDS = {"country": "Countries", "city": "Cities", "institution": "Institutions"}
DRAWS = 400


@dataclass(frozen=True, slots=True)
class HeadlineUnit:
    """One unit of a headline table; ``change`` is relative to the earlier period, adjusted to equal totals."""

    rank: int
    unit_id: str
    name: str
    value: float
    low: float | None
    high: float | None
    previous_rank: int | None
    change: float | None

    @property
    def is_clear(self) -> bool:
        """The change is larger than the interval: the earlier value, brought to this period, lies outside it."""
        if self.change is None or self.low is None or self.high is None or self.change <= -1:
            return False
        before = self.value / (1 + self.change)
        return not self.low <= before <= self.high


@dataclass(frozen=True, slots=True)
class Mover:
    """A unit that rose or fell, and the fields that carry most of it (in papers, adjusted)."""

    unit_id: str
    name: str
    change: float
    papers: float
    is_clear: bool
    fields: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class BriefPart:
    """One kind of unit: its headline table and its movers."""

    kind: str
    title: str
    rows: tuple[HeadlineUnit, ...]
    movers: tuple[Mover, ...]
    ranking: Ranking
    units: int


@dataclass(frozen=True, slots=True)
class NotableWork:
    """A notable work: citations so far over what works of the same field, year and type have."""

    work_id: str
    title: str
    source: str
    year: int
    field: str
    ratio: float
    citations: int
    countries: tuple[str, ...]


@dataclass(frozen=True)
class Brief:
    """Everything a digest says about one period."""

    title: str
    period: str
    earlier: str
    sections: tuple[BriefPart, ...]
    works: tuple[NotableWork, ...]
    cooperation: tuple[dict[str, Any], ...]
    growing: tuple[dict[str, Any], ...]
    audit: Any
    data: dict[str, Any]
    notes: tuple[str, ...] = ()
    recipes: tuple[str, ...] = field(default=())
    works_n: int = 0
    """Works in the observatory, whatever their year."""


def build_brief(
    corpus: Corpus,
    period: str | int,
    *,
    indicator: str = "share",
    scope: str | None = None,
    subject: str | None = None,
    top: int = 10,
    audit: Any = None,
    draws: int = DRAWS,
    seed: int = 1,
) -> Brief:
    """Collect a brief for ``period``; the earlier period is the one of equal length just before it.

    Raises UsageError for an open period and DataError if no record falls into it.
    """
    chosen = Period.parse(period)
    if chosen.first is None or chosen.last is None:
        raise UsageError(f"a brief needs a closed period, not '{period}'", fix="give a year (2024) or a range (2020-2024)")
    length = chosen.last - chosen.first + 1
    before = Period(chosen.first - length, chosen.first - 1)
    common: dict[str, Any] = {"scope": scope, "subject": subject, "period": chosen}
    sections, notes = [], []
    for kind in KINDS:
        if kind not in indicator_info(indicator).units:
            continue
        recipe = make_recipe(indicator, unit=kind, **common)
        try:
            section = _section(corpus, recipe, before, top, draws, seed)
        except DataError as error:
            if lacks_yardstick(corpus, recipe):
                raise
            notes.append(f"No table of {KINDS[kind].lower()}: {error.what}.")
            continue
        if section.rows:
            sections.append(section)
    if not sections:
        raise DataError(f"no record falls into {chosen}", fix="choose another period or scope")
    base = sections[0].ranking.recipe
    cooperation, growing, said = _cooperation(corpus, base, before)
    works, also = _works(corpus, base, top)
    about = f" in {subject}" if subject else ""
    return Brief(
        f"Science brief {chosen}{about}",
        str(chosen),
        str(before),
        tuple(sections),
        works,
        cooperation,
        growing,
        audit,
        corpus.data_version,
        tuple(dict.fromkeys([*notes, *said, *also, *(n for s in sections for n in s.ranking.meta["notes"])])),
        tuple(s.ranking.recipe.digest for s in sections),
        corpus.store.rows("work"),
    )


def _section(corpus: Corpus, recipe: Recipe, before: Period, top: int, draws: int, seed: int) -> BriefPart:
    whole = rank(corpus, recipe)
    if not len(whole):
        raise DataError("nothing to rank")
    ranking = with_intervals(corpus, whole, IntervalChoices(draws=draws, seed=seed))
    with suppress(ArmillaryError):  # the first period there is: no change to tell
        ranking = with_change(corpus, ranking, before)
    rows = [
        HeadlineUnit(r["rank"], r["unit_id"], r["name"], r["value"], r.get("low"), r.get("high"), r.get("previous_rank"), r.get("change"))
        for r in ranking.ranked.to_pylist()
        if r["value"] is not None
    ]
    counted = sum(r.value for r in rows) or 1.0
    big = [r for r in rows[:100] if r.change is not None and r.value >= counted * 0.002 and r.value >= 3]
    gained = sorted(big, key=lambda r: (-abs(_papers(r)), r.unit_id))[:6]
    movers = tuple(
        Mover(r.unit_id, r.name, r.change or 0.0, _papers(r), r.is_clear, fields)
        for r, fields in zip(gained, _fields(corpus, ranking, before, [r.unit_id for r in gained]), strict=True)
    )
    return BriefPart(recipe.unit, KINDS[recipe.unit], tuple(rows[:top]), movers, ranking, len(rows))


def _papers(row: HeadlineUnit) -> float:
    """The change in papers: this value minus the earlier one, adjusted."""
    return row.value - row.value / (1 + row.change) if row.change is not None and row.change > -1 else 0.0


def _fields(corpus: Corpus, ranking: Ranking, before: Period, units: list[str]) -> list[tuple[tuple[str, float], ...]]:
    """For each unit the two fields that changed most (adjusted papers): the nearest thing to a reason that the records give."""
    if not units or indicator_info(ranking.recipe.indicator).kind != "total":
        return [() for _ in units]
    now = _by_field(corpus, ranking.recipe, units)
    then = _by_field(corpus, ranking.recipe.but(period=before), units)
    n_now = ranking.meta["records"]
    n_then = rank(corpus, ranking.recipe.but(period=before)).meta["records"]
    topic = corpus.lookup("topic", ("field_id", "field_name"))
    names = dict(zip(topic["field_id"].to_pylist(), topic["field_name"].to_pylist(), strict=True))
    out = []
    for unit in units:
        moves = {
            key: now.get((unit, key), 0.0) - adjusted_share(then.get((unit, key), 0.0), n_then, n_now)
            for key in {k for u, k in (*now, *then) if u == unit}
        }
        largest = sorted(moves.items(), key=lambda item: (-abs(item[1]), item[0]))[:2]
        out.append(tuple((names.get(k) or "no field", v) for k, v in largest))
    return out


def _by_field(corpus: Corpus, recipe: Recipe, units: list[str]) -> dict[tuple[str, int], float]:
    prefix = PREFIX.get(recipe.unit, "")
    keys: list[Any] = [int(u.removeprefix(prefix)) if prefix else u for u in units]
    table = indicator_info(recipe.indicator).contributions(corpus, recipe)
    work = corpus.table("work").select("work_id", "field_id")
    joined = table.filter(table.unit_id.isin(keys)).join(work, "work_id")
    sums = corpus.fetch(joined.group_by(["unit_id", "field_id"]).agg(num=joined.num.sum().cast("float64")))
    return {(f"{prefix}{r['unit_id']}", r["field_id"] if r["field_id"] is not None else -1): r["num"] / CREDIT for r in sums.to_pylist()}


def _works(corpus: Corpus, recipe: Recipe, top: int) -> tuple[tuple[NotableWork, ...], list[str]]:
    """Works of the period with most citations relative to works of the same field, year and type; at least three citations."""
    changed = make_recipe("tncs", unit="country", scope=list(recipe.scope), subject=recipe.subject, period=recipe.period)
    if not corpus.has("citation"):
        return (), ["No notable works: the data hold no citations."]
    changed = settled(corpus, changed)
    # the citations that the expectation is made of, and no others
    scored = scored_works(corpus, changed)
    inside = scoped_works(corpus, changed)
    kept = scored.filter((scored.ncs > 1) & (scored.citations >= 3)).semi_join(inside, "work_id")
    kept = kept.select("work_id", score=kept.ncs, citations_n=kept.citations).order_by([ibis.desc("score"), "work_id"]).limit(top)
    best = corpus.fetch(kept).to_pylist()
    if not best:
        return (), ["No notable works: none of this period has three citations yet."]
    ids = [r["work_id"] for r in best]
    work = corpus.table("work")
    about = {r["work_id"]: r for r in corpus.fetch(work.filter(work.work_id.isin(ids))).to_pylist()}
    where = _countries_of(corpus, ids)
    source = dict(zip(*(corpus.lookup("source", ("source_id", "name"))[c].to_pylist() for c in ("source_id", "name")), strict=True))
    topic = corpus.lookup("topic", ("field_id", "field_name"))
    fields = dict(zip(topic["field_id"].to_pylist(), topic["field_name"].to_pylist(), strict=True))
    return tuple(
        NotableWork(
            f"W{r['work_id']}",
            clean_title(about[r["work_id"]]["title"]) or "(no title)",
            source.get(about[r["work_id"]]["source_id"]) or "",
            about[r["work_id"]]["year"],
            fields.get(about[r["work_id"]]["field_id"]) or "",
            float(r["score"]),
            int(r["citations_n"]),
            where.get(r["work_id"], ()),
        )
        for r in best
    ), list(compared_notes(corpus))


def _countries_of(corpus: Corpus, ids: list[int]) -> dict[int, tuple[str, ...]]:
    from armillary.counting.units import unit_names

    affiliation = affiliations(corpus)
    rows = corpus.fetch(
        affiliation.filter(affiliation.work_id.isin(ids) & affiliation.country_code.notnull()).select("work_id", "country_code").distinct()
    ).to_pylist()
    names = unit_names(corpus, "country", {r["country_code"] for r in rows}).names
    out: dict[int, list[str]] = {}
    for row in rows:
        out.setdefault(row["work_id"], []).append(names[row["country_code"]])
    return {k: tuple(sorted(v)) for k, v in out.items()}


def _cooperation(
    corpus: Corpus, recipe: Recipe, before: Period
) -> tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...], list[str]]:
    """The largest partnerships of countries in the period, and those that grew most since the earlier one."""
    from armillary.studies.cooperation.partners import growth
    from armillary.studies.cooperation.records import pairs_from_corpus

    both = Period(before.first, recipe.period.last)
    wide = make_recipe("count", unit="country", scope=list(recipe.scope), subject=recipe.subject, period=both)
    try:
        called = rank(corpus, wide).ranked
        names = dict(zip(called["unit_id"].to_pylist(), called["name"].to_pylist(), strict=True))
        pairs = pairs_from_corpus(corpus, wide, names=names)
        joint, own = pairs.summed(recipe.period)
    except DataError as error:
        return (), (), [f"No table of cooperation: {error.what}."]
    links: list[dict[str, Any]] = []
    for i in range(len(pairs.units)):
        for j in range(i + 1, len(pairs.units)):
            if joint[i, j]:
                both_names = f"{pairs.name(pairs.units[i])} – {pairs.name(pairs.units[j])}"
                links.append({"name": both_names, "papers": int(joint[i, j]), "part": float(joint[i, j] / max(1.0, min(own[i], own[j])))})
    links.sort(key=lambda r: (-r["papers"], r["name"]))
    least = max(5, int(pairs.joint.sum() / 2 / max(1, len(links)) / 10))
    try:
        grown = growth(pairs, before, recipe.period, min_works=least).to_pylist()
    except ArmillaryError:
        grown = []
    fast = [
        {"name": r["name"], "before": r["works_first"], "now": r["works_last"], "relative": r["relative"]}
        for r in grown
        if r["relative"] > 1
    ][:5]
    return tuple(links[:5]), tuple(fast), []


def chart_table(section: BriefPart) -> pa.Table:
    """The rows of a section for a chart."""
    return pa.table({c: [getattr(r, c) for r in section.rows] for c in ("rank", "unit_id", "name", "value", "low", "high")})
