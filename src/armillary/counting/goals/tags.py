"""Where goal tags come from: the records (with a cut), our queries, or a user's own classification. One table for all: ``work_id,
sdg_id``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import ArrayLike, NDArray

from armillary.core import guarded
from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.errors import DataError, InputError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from armillary.counting.goals.classifier import Classifier

CUT = 0.4
"""OpenAlex shows goals with a score above 0.4; the stricter cut to report beside it is 0.6 (METHODS 7.1)."""
NO_GOAL = 0
"""In a file of tags: the work was judged and is on no goal. A file with such rows says which works it knows."""
KEY = b"armillary.goals"
"""Where a Parquet file of tags carries the card of what made them."""
_READ = 50_000
Texts = tuple[list[int], list[str | None], list[str | None]]
"""Work ids, titles, abstracts."""


def goal_tags(corpus: Corpus, tags: str = "given", cut: float = CUT) -> ir.Table:
    """``work_id, sdg_id`` (distinct) from ``tags``.

    ``given``: the tags in the records with a score above ``cut``. ``queries``: our classifier over titles and abstracts. A path: a CSV or
    Parquet file with ``work_id``, ``sdg_id`` and perhaps ``score`` (then ``cut`` applies). :class:`DataError` if the observatory has none.
    """
    key = f"goal_tags:{source_key(tags)}:{cut}"

    def build() -> ir.Table:
        if tags == "queries":
            return ibis.memtable(classify_corpus(corpus).select(["work_id", "sdg_id"]))
        if tags == "given":
            if not corpus.has("work_sdg"):
                raise DataError("the records carry no goal tags", fix="use --option tags=queries, or give a classification file")
            given = corpus.table("work_sdg")
            # compared in 32 bits, as served: 0.4 is not above 0.4
            return given.filter(given.score > ibis.literal(float(np.float32(cut))).cast("float32")).select("work_id", "sdg_id").distinct()
        return ibis.memtable(read_tags(Path(tags), cut))

    return corpus.memo(key, build)


def tags_of(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Tags under a recipe's options ``tags``, ``cut`` and ``goal`` (0: any goal, once a work), as ``work_id``."""
    goal = int(recipe.option("goal", 0))
    if not 0 <= goal <= 17:
        raise UsageError(f"there is no goal {goal}", fix="give 1 to 17, or 0 for any goal")
    found = goal_tags(corpus, str(recipe.option("tags", "given")), float(recipe.option("cut", CUT)))
    return (found.filter(found.sdg_id == goal) if goal else found).select("work_id").distinct()


def classified_works(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """``work_id`` of works of which it is known whether they are on a goal, by the recipe's source of tags.

    ``given``: the record carries the list of goals, empty or not (records of before 2023 do not). ``queries``: there is a title to read.
    A user's file names what is tagged, so all works count as known, unless it has rows of goal 0 (judged, on none): then the works it
    names.
    """
    work, tags = corpus.table("work"), str(recipe.option("tags", "given"))
    if tags == "given":
        tagged = corpus.table("work_sdg").select("work_id").distinct()
        return work.filter(work.is_sdg_classified.fill_null(False) | work.work_id.isin(tagged.work_id)).select("work_id")
    if tags != "queries" and (judged := corpus.value(f"goals_judged:{source_key(tags)}", lambda: _judged(Path(tags)))).num_rows:
        return work.semi_join(ibis.memtable(judged), "work_id").select("work_id")
    return (work.filter(work.title.notnull()) if tags == "queries" else work).select("work_id")


def _judged(path: Path) -> pa.Table:
    """``work_id`` of all works that a file with rows of goal 0 names; none if it has no such row."""
    works, goals, _ = _rows(path)
    return pa.table({"work_id": pa.array(sorted(set(works)) if NO_GOAL in goals else [], pa.int64())})


def classify_corpus(corpus: Corpus) -> pa.Table:
    """Our classifier over every work, with its abstract where there is one (once an observatory and session)."""
    from armillary.counting.goals.classifier import Classifier

    table: pa.Table = corpus.value("sdg:queries", lambda: classify_texts(Classifier(), texts(corpus))[1])
    return table


def classify_texts(classifier: Classifier, batches: Iterable[Texts]) -> tuple[int, pa.Table]:
    """The number of works in ``batches`` and their classification, sorted by work and goal."""
    from armillary.counting.goals.classifier import SCHEMA

    works, parts = 0, [SCHEMA.empty_table()]
    for ids, titles, abstracts in batches:
        works += len(ids)
        parts.append(classifier.classify(ids, titles, abstracts))
    return works, pa.concat_tables(parts).sort_by([("work_id", "ascending"), ("sdg_id", "ascending")])


def texts_of(corpus: Corpus, work_id: int) -> tuple[str | None, str | None] | None:
    """Title and abstract of one work; None if there is no such work."""
    work, abstract = corpus.table("work"), corpus.table("work_abstract")
    rows = corpus.fetch(work.filter(work.work_id == work_id).select("title")).to_pylist()
    if not rows:
        return None
    found = corpus.fetch(abstract.filter(abstract.work_id == work_id).select("abstract")).to_pylist()
    return rows[0]["title"], found[0]["abstract"] if found else None


def texts(corpus: Corpus) -> Iterator[Texts]:
    """Batches of ``(work ids, titles, abstracts)`` in order of work id; a batch is one range of ids, so memory stays small."""
    work, abstract = corpus.table("work"), corpus.table("work_abstract").rename(of="work_id")
    ids = corpus.fetch(work.select("work_id").order_by("work_id"))["work_id"].to_numpy()
    for start in range(0, len(ids), _READ):
        low, high = int(ids[start]), int(ids[min(start + _READ, len(ids)) - 1])
        mine = work.filter(work.work_id.between(low, high)).select("work_id", "title")
        theirs = abstract.filter(abstract.of.between(low, high))
        joined = corpus.fetch(mine.left_join(theirs, mine.work_id == theirs.of).select("work_id", "title", "abstract").order_by("work_id"))
        yield joined["work_id"].to_pylist(), joined["title"].to_pylist(), joined["abstract"].to_pylist()


def version_of(corpus: Corpus, tags: str) -> str:
    """What to quote beside a number: which classifier made the tags."""
    if tags == "queries":
        from armillary.counting.goals.queries import load_queries

        return load_queries().version
    if tags == "given":
        found = corpus.store.info().get("classification_version")
        return f"tags in the OpenAlex records ({found or 'classifier generation unknown'})"
    made = _made_by(Path(tags))
    return f"{Path(tags).name} ({source_key(tags)[:8]}{made})"


def _made_by(path: Path) -> str:
    """What a file says of who made its tags: records, with those imputed by a model."""
    if path.suffix != ".parquet":
        return ""
    with guarded.faults(path, kind="Parquet file"):
        found = (pq.read_schema(path).metadata or {}).get(KEY)
    if not found:
        return ""
    card = json.loads(found)
    return f"; tags of the records, {card['imputed']['tags']:,} imputed by model {card['model']}"


def source_key(tags: str) -> str:
    """What identifies a source of tags: its name, or the hash of the user's file."""
    if tags in ("given", "queries"):
        return tags
    path = Path(tags)
    if not path.is_file():
        if path.suffix in (".csv", ".parquet"):
            raise InputError("there is no such classification file", where=path, fix="give a CSV or Parquet file with work_id and sdg_id")
        raise UnknownNameError("source of goal tags", tags, ["given", "queries", "FILE.csv", "FILE.parquet"])
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_tags(path: Path, cut: float = CUT) -> pa.Table:
    """A classification file as distinct ``work_id, sdg_id``; :class:`InputError` names what is wrong and the row."""
    works, goals, table = _rows(path)
    keep = np.ones(len(works), dtype=bool)
    if "score" in table.column_names:
        with guarded.faults(path, kind="column 'score'"):
            keep = passes_cut(pc.cast(table["score"], pa.float64()).to_numpy(), cut)
    pairs = sorted({(w, g) for w, g, k in zip(works, goals, keep, strict=True) if k and g != NO_GOAL})
    return pa.table({"work_id": pa.array([p[0] for p in pairs], pa.int64()), "sdg_id": pa.array([p[1] for p in pairs], pa.int8())})


def _rows(path: Path) -> tuple[list[int], list[int], pa.Table]:
    """Works and goals of a classification file, row by row, and the table itself."""
    table = guarded.table(path, ("work_id", "sdg_id"), ("score",))
    works = [str(v).removeprefix("https://openalex.org/").lstrip("Ww") for v in table["work_id"].to_pylist()]
    goals = [_goal(v) for v in table["sdg_id"].to_pylist()]
    for row, (work, goal) in enumerate(zip(works, goals, strict=True), 2):
        if not (work.isascii() and work.isdecimal() and len(work) < 19) or goal is None:
            raise InputError(f"row {row}: work '{work[:80]}' or its goal", where=path, fix="write works as W123 and goals as 1 to 17")
    return [int(w) for w in works], [g for g in goals if g is not None], table


def passes_cut(scores: ArrayLike, cut: float) -> NDArray[np.bool_]:
    """Scores *above* the cut, compared in 32 bits as they are served: 0.4 and 0.4000000059604645 are the same score, and neither is above
    0.4.
    """
    return np.asarray(scores, dtype=np.float32) > np.float32(cut)


def _goal(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 3 and NO_GOAL <= int(text) <= 17 else None
