"""The tools themselves. Each takes checked arguments of bounded size, changes nothing, names no file, and says its sources and warnings."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from armillary.agents import find as finding
from armillary.agents.answers import Answer, answer
from armillary.audit.ask import LONGEST, ask
from armillary.core.frame import said_of
from armillary.core.recipe import Recipe
from armillary.counting.methods import METHODS
from armillary.errors import DataError, StoreError, UnknownNameError, UsageError
from armillary.indicators import all_indicators
from armillary.observatory import Observatory, Ranking
from armillary.ranking.recipes import make_recipe
from armillary.registry import rulebook, world
from armillary.studies.series import rank_series
from armillary.studies.world import ranked
from armillary.studies.world.answer import path

Text = Annotated[str, Field(min_length=1, max_length=300)]
Word = Annotated[str, Field(max_length=120, description="Leave empty for the default.")]
Name = Annotated[str, Field(min_length=1, max_length=120, description='An indicator ("share"), or a series ("series:gerd-gdp"); see find.')]
Limit = Annotated[int, Field(ge=1, le=200, description="Rows in the answer.")]
Offset = Annotated[int, Field(ge=0, le=1_000_000, description="Rows to leave out first: next_offset of the answer before.")]
Units = Annotated[list[Annotated[str, Field(min_length=1, max_length=120)]], Field(min_length=2, max_length=20)]
Unit = Annotated[str, Field(max_length=40, description="country, institution, city, region, author or field.")]
Year = Annotated[int | None, Field(ge=1500, le=2999)]

WAIT_S = 60.0
KEPT = 16


class Tools:
    """The questions that agents may ask of what ships and, where there is one, of an observatory. One is computed at a time."""

    def __init__(self, obs: Observatory | None = None) -> None:
        self.obs = obs
        self._turn = threading.Lock()
        self._kept: OrderedDict[Any, Ranking] = OrderedDict()

    def all(self) -> dict[str, Callable[..., Answer]]:
        """The tools by name."""
        names = ("find", "rank", "explain", "compare", "series", "ask", "why_not", "method")
        return {n: getattr(self, n) for n in names}

    def find(self, text: Text, limit: Limit = 20) -> Answer:
        """Find what can be asked for, by words: indicators, series, countries, counting methods, scopes, rules. Start here."""
        found = finding.find(text)
        rows = [{"kind": t.kind, "id": t.id, "name": t.name, "says": t.says, "use": t.use} for t in found]
        nothing = "Nothing fits these words; try one English word, or read the resource armillary://catalogue." if not rows else None
        return answer({"searched": text}, rows[:limit], sources=["the registries of Armillary"], warnings=[nothing], total=len(rows))

    def rank(
        self,
        name: Name,
        unit: Unit = "country",
        period: Word = "",
        counting: Word = "",
        scope: Word = "",
        subject: Word = "",
        limit: Limit = 20,
        offset: Offset = 0,
    ) -> Answer:
        """Rank units by an indicator of the observatory's records, or countries by a series. Says how the numbers were made."""
        table = self._ranking(name, unit, period, counting, scope, subject)
        rows = table.arrow.slice(offset, limit).to_pylist()
        return answer(_made(table), rows, sources=_sources(table), warnings=table.meta["notes"], total=table.arrow.num_rows, offset=offset)

    def explain(
        self,
        name: Name,
        unit_id: Text,
        unit: Unit = "country",
        period: Word = "",
        counting: Word = "",
        scope: Word = "",
        subject: Word = "",
        limit: Limit = 20,
    ) -> Answer:
        """The records behind one unit's value, largest contribution first; the contributions of all records add up to the value."""
        if name.startswith("series:"):
            raise UsageError("a series has no records behind it", fix="ask series for its years, or method for how it is defined")
        table = self._ranking(name, unit, period, counting, scope, subject)
        with self._one():
            found = table.explain(unit_id, limit=limit)
        facts = {"unit_id": found.unit_id, "name": found.name, "value": found.value, "records": found.records, **_made(table)}
        cut = f"{found.records:,} records contribute; {limit} are shown." if found.records > limit else None
        rows = found.arrow.to_pylist()
        return answer(facts, rows, sources=_sources(table), warnings=[*table.meta["notes"], cut], total=found.records)

    def compare(
        self,
        name: Name,
        units: Units,
        unit: Unit = "country",
        period: Word = "",
        counting: Word = "",
        scope: Word = "",
        subject: Word = "",
    ) -> Answer:
        """Two to twenty units side by side in one ranking, with the distance of each from the first of them."""
        table = self._ranking(name, unit, period, counting, scope, subject)
        rows = [_row(table, u) for u in units]
        if len({r["unit_id"] for r in rows}) < len(rows):
            raise UsageError("the units to compare must be different ones", fix="name each once")
        first = rows[0]["value"]
        for r in rows:
            known = r["value"] is not None and first is not None
            r["difference"] = r["value"] - first if known else None
            r["ratio"] = r["value"] / first if known and first else None
        facts = {**_made(table), "compared_with": rows[0]["unit_id"], "of": len(table)}
        return answer(facts, rows, sources=_sources(table), warnings=table.meta["notes"])

    def series(self, name: Text, unit: Word = "", year: Year = None, limit: Limit = 60, offset: Offset = 0) -> Answer:
        """A series that ships: one unit over all its years (with unit: a country in any language), or the ranking of one year."""
        s = world.series(name.removeprefix("series:"))
        if unit and year is not None:
            raise UsageError("a year and a unit exclude each other", fix="leave out the year: the answer has all years of the unit")
        table = path(s, unit) if unit else ranked.rank_series(s.id, year)
        m = table.meta
        facts = {k: m.get(k) for k in ("title", "unit_of_measure", "period", "counting", "among", "other_sources")} | {"series": s.id}
        warnings = [m.get("note"), m.get("rank_means"), f"Leaves out: {s.origin.leaves_out}" if s.origin.leaves_out else None]
        rows = table.arrow.slice(offset, limit).to_pylist()
        sources = [f"{m['source']} ({s.origin.licence}) {s.origin.address}"]
        return answer(facts, rows, sources=sources, warnings=warnings, total=table.arrow.num_rows, offset=offset)

    def ask(
        self,
        sentence: Annotated[str, Field(min_length=1, max_length=LONGEST)],
        date: Word = "",
        language: Annotated[str, Field(max_length=2)] = "",
    ) -> Answer:
        """Check a sentence about science and innovation against what ships (English, German, Spanish, French or Chinese).

        ``date`` is that of the text the sentence is from: 2025, 2025-09 or 2025-09-01.
        """
        found = ask(sentence, date=date, language=language).as_dict()
        source = found["source"]
        said = (
            [f"{source['publisher']}, {source['title']}, edition {source['edition']} {source.get('address') or ''}".strip()]
            if source
            else []
        )
        kept = ("sentence", "date", "language", "verdict", "summary", "number", "period", "rank", "since", "what_would_overturn", "missing")
        facts = {k: found[k] for k in kept} | {"reading": found["reading"], "holds_for": found["holds_for"]}
        is_open = found["verdict"] == "not-decidable"
        undecided = "Not decidable with what is at hand: this is no verdict about the sentence." if is_open else None
        rows = [{k: v for k, v in r.items() if k != "path"} for r in found["readings"]]
        return answer(
            facts, rows, sources=[", ".join(said)] if said else ["nothing at hand decides it"], warnings=[undecided, *found["missing"]]
        )

    def why_not(
        self,
        name: Name,
        work: Annotated[str, Field(max_length=60, description="A work id such as W2741809807.")],
        unit: Unit = "country",
        period: Word = "",
        counting: Word = "",
        scope: Word = "",
        subject: Word = "",
    ) -> Answer:
        """Why a work does not count in a ranking: the first rule that drops it; or that it does count, and for whom."""
        recipe = self._recipe(name, unit, period, counting, scope, subject)
        with self._one():
            found = self._home().why_not(recipe, work)
            data = self._home().data_version
        facts = {"work_id": found.work_id, "counts": found.counts, "reason": found.reason, "sentence": found.sentence}
        return answer(facts, found.contributions, sources=[_data(data)], warnings=[data["note"]])

    def method(self, name: Text) -> Answer:
        """How something is counted: a section of the rule book ("5.4"), an indicator, a counting method, or a series."""
        book = "the rule book of Armillary (docs/methods)"
        known = all_indicators()
        if name in known:
            i = known[name]
            facts = {"id": i.id, "name": i.name, "formula": i.formula, "counting": i.counting, "scope": i.scope, "example": i.example}
            rules = [r.number for r in rulebook.cited(i.source)]
            return answer(facts | {"units": list(i.units), "says": i.doc, "rules": rules}, sources=[i.source, book])
        if name in METHODS:
            m = METHODS[name]
            return answer({"id": m.name, "formula": m.formula, "meaning": m.meaning, "sums_to_one": m.sums_to_one}, sources=[book])
        try:
            rule = rulebook.rule(name)
        except UnknownNameError:
            return self._series_method(name, [*known, *METHODS, *rulebook.rules()])
        cut = None if len(rule.text) < 4000 else f"The section has {len(rule.text):,} characters; the first are shown."
        return answer({"id": rule.number, "title": rule.title, "text": rule.text}, sources=[f"{book}, {rule.number}"], warnings=[cut])

    # --- shared -----------------------------------------------------------------------------------------------------------

    def _series_method(self, name: str, known: list[str]) -> Answer:
        try:
            s = world.series(name.removeprefix("series:"))
        except UnknownNameError:
            raise UnknownNameError("method, rule, indicator or series", name, [*known, *world.catalogue().series]) from None
        facts = {"id": s.id, "name": s.name, "unit_of_measure": s.unit_of_measure, "counting": s.counting, "coverage": s.coverage}
        told = [s.note, f"Leaves out: {s.origin.leaves_out}"]
        return answer(facts, sources=[f"{s.origin.publisher}, vintage {s.origin.vintage} {s.origin.address}"], warnings=told)

    def _home(self) -> Observatory:
        if self.obs is None:
            fix = "rank series:NAME instead, or start the server with --into FOLDER"
            raise StoreError("this server has no observatory: it knows what ships with Armillary only", fix=fix)
        return self.obs

    def _one(self) -> _Turn:
        return _Turn(self._turn)

    def _recipe(self, name: str, unit: str, period: str, counting: str, scope: str, subject: str) -> Recipe:
        given = {"period": period, "counting": counting, "scope": scope, "subject": subject}
        return make_recipe(name, unit=unit, files=False, **{k: v for k, v in given.items() if v})  # type: ignore[arg-type]

    def _ranking(self, name: str, unit: str, period: str, counting: str, scope: str, subject: str) -> Ranking:
        if not name.startswith("series:"):
            recipe = self._recipe(name, unit, period, counting, scope, subject)
            return self._once(recipe.digest, lambda: self._home().run(recipe))
        odd = {"counting": counting, "scope": scope, "subject": subject}
        if any(odd.values()) or unit != "country":
            bad = next((k for k, v in odd.items() if v), "unit")
            raise UsageError(f"{bad} is for indicators of records; a series is as its publisher counted it", fix=f"leave out {bad}")
        return self._once((name, period), lambda: self._of_series(name.removeprefix("series:"), period))

    def _of_series(self, name: str, period: str) -> Ranking:
        from armillary.observatory import bound

        if self.obs is not None:
            return self.obs.series(name, **({"period": period} if period else {}))
        return bound(None, rank_series(None, name, period=period or None))

    def _once(self, key: Any, compute: Callable[[], Ranking]) -> Ranking:
        with self._one():
            if key not in self._kept:
                self._kept[key] = compute()
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]


class _Turn:
    """The engine answers one question at a time; who waits too long is told so."""

    def __init__(self, lock: threading.Lock) -> None:
        self.lock = lock

    def __enter__(self) -> None:
        if not self.lock.acquire(timeout=WAIT_S):
            raise DataError("the server is busy with another question", fix="ask again in a minute")

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def _made(table: Ranking) -> dict[str, Any]:
    m = table.meta
    keys = ("title", "measure", "unit", "counting", "scope", "subject", "period", "percent")
    return {k: m.get(k) for k in keys} | {"recipe": table.recipe.digest}


def _sources(table: Ranking) -> list[str]:
    m = table.meta
    if "series" in m:
        return [f"{m['source']}, vintage {m['vintage']}" if m.get("vintage") else str(m["source"])]
    return [_data(m["data"]), str(m["source"])]


def _data(data: dict[str, Any]) -> str:
    return f"{data['name']}, snapshot {data['snapshot_date']}, digest {data['digest'][:12]}: {said_of(data)}"


def _row(table: Ranking, unit: str) -> dict[str, Any]:
    """The newest row of a unit by id or name; countries by their name in any language."""
    from armillary.sources.values.country import read_country

    rows = [r for r in table.rows() if r["unit_id"] is not None]
    folded = unit.casefold()
    mine = [r for r in rows if folded in (r["unit_id"].casefold(), r["name"].casefold())]
    if not mine and table.recipe.unit == "country":
        mine = [r for r in rows if r["unit_id"] == read_country(unit).value]
    if not mine:
        raise UnknownNameError(f"{table.recipe.unit} in this ranking", unit, [r["name"] for r in rows])
    if len({r["unit_id"] for r in mine}) > 1:
        raise UsageError(f"'{unit}' names several units", fix="give an id: " + ", ".join(sorted(r["unit_id"] for r in mine)[:5]))
    return dict(mine[-1])
