"""The evaluation report: two classifications of an observatory held against each other, with titles of what they disagree on."""

from __future__ import annotations

from typing import Any

from armillary import registry
from armillary.core.corpus import Corpus
from armillary.counting.goals.evaluate import evaluate, wilson
from armillary.counting.goals.queries import goal_names
from armillary.counting.goals.tags import CUT, goal_tags, version_of
from armillary.counting.goals.text import clean
from armillary.counting.notes import corpus_notes
from armillary.errors import DataError

CAUTION = "The reference is another classifier's opinion, not truth: precision and recall say how far the two agree."


def agreement(
    corpus: Corpus,
    *,
    ours: str = "queries",
    reference: str = "given",
    cut: float = CUT,
    among: str = "tagged",
    half: str | None = None,
    confusions: int = 15,
) -> dict[str, Any]:
    """Evaluate ``ours`` against ``reference`` (each ``queries``, ``given`` or a file).

    ``among``: works with a tag in the reference, or all. ``half``: only ``odd`` or ``even`` work ids (ours were written looking at even
    ones).
    """
    a, b = _by_work(corpus, ours, CUT if ours == "given" else 0.0), _by_work(corpus, reference, cut)
    works = sorted(b) if among == "tagged" else corpus.store.read("work", columns=["work_id"])["work_id"].to_pylist()
    if half:
        works = [w for w in works if w % 2 == (half == "odd")]
    if not works:
        raise DataError("no work to compare on", fix="ingest works with goal tags, or choose --among all")
    result = evaluate(a, b, works)
    listed = result.confusions[: confusions or None]
    titles = _titles(corpus, {w for c in listed for w in c.examples})
    which = "works with a goal in the reference" if among == "tagged" else "all works"
    readings = reading()
    present = set(corpus.store.read("work", columns=["work_id"])["work_id"].to_pylist())
    return {
        "ours": version_of(corpus, ours),
        "reference": version_of(corpus, reference),
        "cut": cut,
        "names": goal_names(),
        "which": which + (f", {half} ids" if half else ""),
        "caution": CAUTION,
        "notes": corpus_notes(corpus),
        "evaluation": {**result.as_dict(), "confusions": None},
        "reading": {"ours": read_precision(a, readings, present), "reference": read_precision(b, readings, present)},
        "confusions": [
            {
                "reference": c.reference,
                "ours": c.ours,
                "works": c.works,
                "examples": [{"work_id": f"W{w}", "title": titles[w]} for w in c.examples],
            }
            for c in listed
        ],
    }


def reading() -> dict[tuple[int, int], bool]:
    """(work, goal) pairs that were read, and whether the work belongs to the goal (``registry/sdg/README.md`` says by whom and how)."""
    return {(int(r["work_id"][1:]), int(r["sdg_id"])): r["belongs"] == "yes" for r in registry.read_csv("sdg", "reading.csv")}


def read_precision(tags: dict[int, set[int]], readings: dict[tuple[int, int], bool], present: set[int]) -> dict[str, Any] | None:
    """Of the pairs that were read and that ``tags`` assert: how many, how many belong, the part with its interval; None if none was
    read.
    """
    said = [belongs for (work, goal), belongs in readings.items() if work in present and goal in tags.get(work, ())]
    interval = wilson(sum(said), len(said))
    if interval is None:
        return None
    return {"read": len(said), "belong": sum(said), "precision": sum(said) / len(said), "low": interval[0], "high": interval[1]}


def _by_work(corpus: Corpus, tags: str, cut: float) -> dict[int, set[int]]:
    table = corpus.fetch(goal_tags(corpus, tags, cut))
    out: dict[int, set[int]] = {}
    for work, goal in zip(table["work_id"].to_pylist(), table["sdg_id"].to_pylist(), strict=True):
        out.setdefault(work, set()).add(goal)
    return out


def _titles(corpus: Corpus, works: set[int]) -> dict[int, str]:
    if not works:
        return {}
    work = corpus.table("work")
    table = corpus.fetch(work.filter(work.work_id.isin(sorted(works))).select("work_id", "title"))
    return {w: clean(t) or "(no title)" for w, t in zip(table["work_id"].to_pylist(), table["title"].to_pylist(), strict=True)}
