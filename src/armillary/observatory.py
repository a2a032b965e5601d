"""The door: one folder of core tables, and the questions that can be asked of it and of the rankings it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from armillary.core import own_files
from armillary.core.corpus import Corpus
from armillary.core.frame import said_of
from armillary.core.interchange import SHOWN, Tabular
from armillary.core.recipe import Recipe, read_recipe_file
from armillary.core.store import Store
from armillary.core.tabular import written
from armillary.errors import MissingExtraError, StoreError, UsageError
from armillary.ranking import result
from armillary.ranking.change import with_change
from armillary.ranking.explain import Explanation, WhyNot, explain, why_not
from armillary.ranking.intervals import IntervalChoices, with_intervals
from armillary.ranking.many import rank_many
from armillary.ranking.rank import rank
from armillary.ranking.recipes import make_recipe
from armillary.ranking.robustness import Robustness, robustness
from armillary.ranking.sidebyside import side_by_side
from armillary.ranking.text import heading, markdown, shown, terminal
from armillary.studies.series import rank_series

if TYPE_CHECKING:
    from armillary.audit.ask import AskAnswer
    from armillary.audit.audit import Audit
    from armillary.composite import IndexResult
    from armillary.studies.clusters.result import Clusters


@dataclass(frozen=True, repr=False)
class Ranking(result.Ranking):
    """A ranking that knows the observatory it came from, and so can be asked."""

    corpus: Corpus | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        return self.to_text(limit=SHOWN).rstrip("\n")

    def _title(self) -> str:
        return str(self.meta["title"])

    def _notes(self) -> list[str]:
        return heading(self)[1:]

    def _cell(self, name: str, value: Any) -> str:
        return shown(name, value, self.meta)

    def explain(self, unit: str, *, limit: int | None = None) -> Explanation:
        """The records and weights that add up to one unit's value."""
        return explain(self._home(), self.recipe, unit, limit=limit)

    def why_not(self, work: str | int) -> WhyNot:
        """Why a record does not count here (or that it does)."""
        return why_not(self._home(), self.recipe, work)

    def robustness(self, **choices: Any) -> Robustness:
        """The same ranking under other defensible choices; see :mod:`armillary.ranking.robustness`."""
        return robustness(self._home(), self.recipe, **choices)

    def intervals(self, **choices: Any) -> Ranking:
        """The ranking with stability and rank intervals; see :class:`armillary.ranking.intervals.IntervalChoices`."""
        return with_intervals(self._home(), self, IntervalChoices(**choices))

    def change(self, earlier: str | int, **choices: Any) -> Ranking:
        """The ranking with the change from an earlier period; see :func:`armillary.ranking.change.with_change`."""
        return with_change(self._home(), self, earlier, **choices)

    def plot(self, **options: Any) -> Any:
        """An Altair chart of the first units. Needs the extra ``charts``."""
        from armillary.charts.ranking import ranking_chart

        return ranking_chart(self, **options)

    def to_matplotlib(self, *, top: int = 25, focus: str | None = None, ax: Any = None) -> Any:
        """A matplotlib figure of the first units, for papers. Needs the extra ``papers``."""
        from armillary.charts.paper import ranking_figure

        return ranking_figure(self, top=top, focus=focus, ax=ax)

    def to_vegalite(self, **options: Any) -> dict[str, Any]:
        """The chart of :meth:`plot` as a Vega-Lite specification with its data. Needs the extra ``charts``."""
        from armillary.charts.base import config, spec

        return spec(self.plot(**options)) | {"config": config("light")}

    def rebuild(self) -> Ranking:
        """Compute the same recipe again from the same observatory."""
        return bound(self._home(), rank(self._home(), self.recipe))

    def to_markdown(self, path: str | Path | None = None, *, limit: int | None = None) -> str:
        """A Markdown table, rounded for reading, with the method under it."""
        return written(markdown(self, limit=limit), path)

    def to_text(self, *, limit: int | None = 20) -> str:
        """A plain table for a terminal, rounded for reading, with the method above it."""
        return terminal(self, limit=limit)

    def to_excel(self, path: str | Path) -> None:
        """A workbook: the ranking, and a sheet that says how it was made. Needs the extra ``excel``."""
        try:
            from armillary.ranking.excel import write_workbook
        except ImportError:
            raise MissingExtraError("excel", "writing .xlsx") from None
        write_workbook(self, Path(path))

    def _home(self) -> Corpus:
        if "series" in self.meta:
            raise UsageError("a series has no records behind it", fix="ask obs.series(...) for its change, its years and other sources")
        if self.corpus is None:
            raise StoreError("this ranking is not tied to an observatory", fix="open the observatory and run the recipe again")
        return self.corpus


def bound(corpus: Corpus | None, ranking: result.Ranking) -> Ranking:
    """A ranking as data, tied to its corpus."""
    return Ranking(**{f.name: getattr(ranking, f.name) for f in fields(result.Ranking)}, corpus=corpus)


class Observatory:
    """Everything that one folder knows. Open it with :func:`armillary.open`."""

    def __init__(self, store: Store, **engine: Any) -> None:
        self.store = store
        self.corpus = Corpus(store, **engine)

    def __repr__(self) -> str:
        return "\n".join([f"Observatory({str(self.path)!r})", *(f"  {k:<10} {v}" for k, v in self._about())])

    def _repr_html_(self) -> str:
        """What this observatory holds, for notebooks."""
        rows = "".join(f"<tr><th style='text-align:left'>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in self._about())
        return f"<div><strong>Observatory</strong> <code>{escape(str(self.path))}</code><table>{rows}</table></div>"

    def _about(self) -> list[tuple[str, str]]:
        """What it is, line by line; row counts come from the index of the store, nothing is computed."""
        version = self.data_version
        counts = ", ".join(f"{self.store.rows(t):,} {t}" for t in self.store.tables() if self.store.rows(t))
        said = [
            ("data", f"{version['name']}, snapshot {version['snapshot_date']}, generation {version['generation']} ({said_of(version)})"),
            ("tables", counts or "none yet: armillary ingest"),
            ("ask", "rank, series, partners, clusters, index, audit, ask, world, explain, why_not"),
        ]
        return said + ([("note", str(version["note"]))] if version["note"] else [])

    @property
    def path(self) -> Path:
        """The folder."""
        return self.store.path

    @property
    def data_version(self) -> dict[str, Any]:
        """What data this is; see :attr:`armillary.core.corpus.Corpus.data_version`."""
        return self.corpus.data_version

    def recipe(self, indicator: str, **choices: Any) -> Recipe:
        """A checked recipe; see :func:`armillary.ranking.recipes.make_recipe` for the choices."""
        return make_recipe(indicator, **choices)

    def rank(self, indicator: str, **choices: Any) -> Ranking:
        """Rank units by an indicator: ``obs.rank("share", unit="city", period=2024, subject="chemistry")``."""
        return self.run(self.recipe(indicator, **choices))

    def run(self, recipe: Recipe | str | Path) -> Ranking:
        """Rank by a recipe object or a recipe file."""
        if not isinstance(recipe, Recipe):
            recipe = make_recipe(**read_recipe_file(Path(recipe)))
        return bound(self.corpus, rank(self.corpus, recipe))

    def rank_many(self, recipes: Sequence[Recipe], *, unassigned: bool = True) -> list[Ranking]:
        """Several recipes; those that share unit, scope and split are computed in one pass."""
        return [bound(self.corpus, r) for r in rank_many(self.corpus, recipes, unassigned=unassigned)]

    def side_by_side(self, recipe: Recipe, methods: Sequence[str]) -> Ranking:
        """One table for several counting methods; see :func:`armillary.ranking.sidebyside.side_by_side`."""
        return bound(self.corpus, side_by_side(self.corpus, recipe, methods))

    def series(self, name: str, **choices: Any) -> Ranking:
        """Rank countries by a series of this observatory, or by one that ships: ``obs.series("gerd-gdp", period=2023, compare=2018)``.

        See :func:`armillary.studies.series.rank_series` for the choices.
        """
        table = self.corpus.value("series", lambda: self.store.read("series"))
        return bound(None, rank_series(table, name, names=own_files.countries(self.store), data=self.data_version, **choices))

    def partners(self, unit: str, *, period: str | int | None = None, by: str = "works", min_works: int = 1, **choices: Any) -> Tabular:
        """Who works with a unit, by joint papers or a measure of association: ``obs.partners("CN", period=2023, by="salton")``.

        The pairs are those of the ingested pair table of countries (``source``, ``vintage`` choose among several), or with
        ``records=True`` those of the observatory's own records (then ``unit_kind``, ``scope``, ``subject``). ``period`` is the last year
        by default; see :func:`armillary.studies.cooperation.partners.partners`.
        """
        from armillary.studies.cooperation.chosen import partners_of

        return partners_of(self.corpus, unit, period=period, by=by, min_works=min_works, **choices)

    def clusters(self, **choices: Any) -> Clusters:
        """Innovation clusters of patents, publications and deals: ``obs.clusters(edition="edition-2025", year=2024)``.

        See :func:`armillary.studies.clusters.survey.survey` for the choices. Needs the extra ``clusters``.
        """
        from armillary.studies.clusters.survey import survey

        return survey(self.corpus, data=self.data_version, **choices)[0]

    def index(self, spec: str | Path, *, data: Any = None, year: int | None = None) -> IndexResult:
        """A composite index by the name of its specification or a TOML file: ``obs.index("demo")``.

        ``data`` is a table to read instead of the one that the specification names: a file, or anything that speaks Arrow. A specification
        that reads series reads those of this observatory.
        """
        from armillary.composite import build, load_data, load_spec
        from armillary.composite.named import find
        from armillary.composite.series_data import from_series

        rules = load_spec(find(str(spec)))
        if data is None and rules.data.layout == "series":
            return build(rules, from_series(rules, self.store.read("series"), year=year))
        if data is None or isinstance(data, str | Path):
            return build(rules, load_data(rules, path=None if data is None else Path(data), year=year))
        return build(rules, load_data(rules, pa.table(data), year=year))

    def audit(self, claims: str | Path = "articles", *, only: Sequence[str] = ()) -> Audit:
        """Judge the claims of a file, or of a built-in one, with what this observatory knows; ``only`` are ids of claims."""
        from armillary.audit.audit import audit
        from armillary.audit.language import builtin, read
        from armillary.errors import UnknownNameError

        file = read(builtin(str(claims)) or Path(claims))
        for wanted in only:
            if wanted not in (known := [c.id for c in file.claims]):
                raise UnknownNameError("claim", wanted, known, where=file.path)
        return audit(file, self.corpus, only)

    def ask(self, sentence: str, **choices: Any) -> AskAnswer:
        """Check a sentence against what ships and this observatory's own rankings, of which a sample decides nothing.

        ``obs.ask("India is third in scientific papers", date="2025-09")``; see :func:`armillary.audit.ask.ask` for the choices.
        """
        from armillary.audit.ask import ask
        from armillary.audit.own import OwnEvidence

        return ask(sentence, own=OwnEvidence(self.corpus), **choices)

    def claims(self, claims: str | Path = "articles", *, only: Sequence[str] = ()) -> Audit:
        """The same as :meth:`audit`."""
        return self.audit(claims, only=only)

    def world(self, name: str | None = None, **choices: Any) -> Tabular:
        """The real world that ships: ``obs.world()`` lists it, ``obs.world("gerd-gdp", year=2022)`` ranks, ``unit="KR"`` gives the years.

        See :func:`armillary.studies.world.answer.answer`.
        """
        from armillary.studies.world.answer import answer

        return answer(name, **choices)

    def explain(self, recipe: Recipe, unit: str, *, limit: int | None = None) -> Explanation:
        """The records behind one unit's number."""
        return explain(self.corpus, recipe, unit, limit=limit)

    def why_not(self, recipe: Recipe, work: str | int) -> WhyNot:
        """Why a record does not count."""
        return why_not(self.corpus, recipe, work)


def open_observatory(path: str | Path = "observatory", *, engine: str = "duckdb", **options: Any) -> Observatory:
    """Open the observatory in a folder, or a pack: a folder, a zip, or the address of one. ``engine`` is ``duckdb`` or ``spark``; options
    go to the engine (``threads=2, memory_limit="4GB"``); ``cubes=False`` computes from records what cubes could answer."""
    from armillary.sources.fetch.packs import address_of, opened

    address = address_of(path)
    return Observatory(Store.open(opened(address) if address else path), engine=engine, **options)
