"""Judgements of readers: a sample to read, how far readers agree, and how many works are on a goal, with its error (METHODS 7.7).

Works are drawn in two strata, those that a classification puts on the goal and those that it does not, so that a rare goal is seen at
all; each stratum then counts by its size and not by how many of it were read.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.core import durable, guarded
from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.core.tabular import csv_text
from armillary.counting.goals.tags import CUT, goal_tags, texts_of
from armillary.counting.scopes import resolve_scope, scoped_works
from armillary.errors import InputError, UsageError

COLUMNS = ("work_id", "goal", "stratum", "stratum_size", "title", "opening", "belongs")
STORED = ("reader", "work_id", "goal", "stratum", "stratum_size", "belongs")
OPENING = 600
YES, NO = ("yes", "y", "1", "true"), ("no", "n", "0", "false")


def draw(corpus: Corpus, goal: int, n: int, *, tags: str = "given", cut: float = CUT, seed: int = 1) -> pa.Table:
    """A sheet to read, columns :data:`COLUMNS`: half from works tagged with the goal, half from the others, in random order.

    ``belongs`` is empty, and nothing on the sheet says which classification proposed the work but ``stratum``, which readers should not
    see.
    """
    if not 1 <= goal <= 17:
        raise UsageError(f"there is no goal {goal}", fix="give 1 to 17")
    if n < 2:
        raise UsageError(f"a sample of {n} says nothing", fix="draw at least 2 works, better 100 and more")
    works = scoped_works(corpus, Recipe(indicator="sdg-papers", scope=resolve_scope("default"))).filter(lambda w: w.title.notnull())
    everything = set(corpus.fetch(works.select("work_id"))["work_id"].to_pylist())
    found = goal_tags(corpus, tags, cut)
    tagged = set(corpus.fetch(found.filter(found.sdg_id == goal).select("work_id"))["work_id"].to_pylist()) & everything
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    strata = {"tagged": sorted(tagged), "not tagged": sorted(everything - tagged)}
    wanted = {"tagged": min(n // 2, len(strata["tagged"]))}
    wanted["not tagged"] = min(n - wanted["tagged"], len(strata["not tagged"]))
    for name, ids in strata.items():
        for i in rng.choice(len(ids), wanted[name], replace=False).tolist() if ids else []:
            title, abstract = texts_of(corpus, ids[i]) or (None, None)
            opening = (abstract or "")[:OPENING]
            facts = {"work_id": f"W{ids[i]}", "goal": goal, "stratum": name, "stratum_size": len(ids)}
            rows.append({**facts, "title": title, "opening": opening, "belongs": ""})
    order = rng.permutation(len(rows)).tolist()
    kinds = {"goal": pa.int64(), "stratum_size": pa.int64()}
    return pa.Table.from_pylist([rows[i] for i in order], schema=pa.schema([(c, kinds.get(c, pa.string())) for c in COLUMNS]))


@dataclass(frozen=True, slots=True)
class Read:
    """One judgement: a reader on a work; ``belongs`` None where the reader could not tell."""

    reader: str
    work_id: int
    goal: int
    stratum: str
    size: int
    belongs: bool | None


def read_sheets(paths: Sequence[Path]) -> list[Read]:
    """The judgements of sheets, a reader a file (named as the file); :class:`InputError` names what is wrong and the row."""
    out: list[Read] = []
    for path in paths:
        table = guarded.table(path, ("work_id", "goal", "stratum", "stratum_size", "belongs"))
        for row, r in enumerate(table.to_pylist(), start=2):
            said = str(r["belongs"] if r["belongs"] is not None else "").strip().casefold()
            work = str(r["work_id"]).lstrip("Ww")
            if said not in (*YES, *NO, "", "?", "unsure") or not (work.isascii() and work.isdecimal() and len(work) < 19):
                raise InputError(
                    f"row {row}: '{str(r['work_id'])[:40]}' belongs '{said[:40]}'", where=path, fix="write yes, no, or nothing"
                )
            try:
                goal, size = int(r["goal"]), int(r["stratum_size"])
            except (TypeError, ValueError):
                raise InputError(
                    f"row {row}: goal or stratum_size is no whole number", where=path, fix="keep the sheet's columns"
                ) from None
            belongs = None if said in ("", "?", "unsure") else said in YES
            out.append(Read(path.stem, int(work), goal, str(r["stratum"]), size, belongs))
    if not any(r.belongs is not None for r in out):
        raise InputError("no judgement in these sheets", where=paths[0] if paths else None, fix="write yes or no into column belongs")
    if len({r.goal for r in out}) > 1:
        raise InputError("these sheets are about different goals", where=paths[0], fix="read the sheets of one goal together")
    return out


def krippendorff(votes: Mapping[int, Sequence[bool]]) -> float | None:
    """Krippendorff's alpha for yes and no with missing judgements: ``1 - D_o / D_e`` over pairs of judgements of one work; None where no
    work
    was read twice, or all judgements are alike."""
    paired = [v for v in votes.values() if len(v) > 1]
    n = sum(len(v) for v in paired)
    if not n:
        return None
    observed = sum(2 * sum(v) * (len(v) - sum(v)) / (len(v) - 1) for v in paired) / n
    yes = sum(sum(v) for v in paired)
    by_chance = 2 * yes * (n - yes) / (n * (n - 1))
    return None if by_chance == 0 else 1 - observed / by_chance


def cohen(one: Mapping[int, bool], two: Mapping[int, bool]) -> tuple[int, float | None]:
    """Works that both read, and Cohen's kappa of two readers (None where chance alone agrees always)."""
    both = sorted(one.keys() & two.keys())
    if not both:
        return 0, None
    same = sum(one[w] == two[w] for w in both) / len(both)
    p, q = (sum(side[w] for w in both) / len(both) for side in (one, two))
    chance = p * q + (1 - p) * (1 - q)
    return len(both), None if chance == 1 else (same - chance) / (1 - chance)


def prevalence(reads: Sequence[Read], *, z: float = 1.959963984540054) -> dict[str, Any]:
    """How many works are on the goal, from what was read: ``sum of W_h p_h`` over strata of weight ``W_h``, its standard error
    ``sqrt(sum W_h^2 (1 - f_h) p_h (1 - p_h) / (n_h - 1))``, and what follows for the classification: precision, recall.

    A work's judgement is the mean of its readers'. A stratum with one work read has no error of its own, so there is none for the whole.
    """
    votes: dict[int, list[bool]] = {}
    about: dict[int, Read] = {}
    for r in reads:
        if r.belongs is not None:
            votes.setdefault(r.work_id, []).append(r.belongs)
            about[r.work_id] = r
    sizes = {r.stratum: r.size for r in reads}
    total = sum(sizes.values())
    estimate, variance = 0.0, 0.0
    strata: dict[str, Any] = {}
    for name, size in sorted(sizes.items()):
        values = np.array([sum(v) / len(v) for w, v in votes.items() if about[w].stratum == name], dtype=float)
        n = len(values)
        share = float(values.mean()) if n else None
        strata[name] = {"works": size, "read": n, "belong": share}
        if share is None:
            estimate = variance = math.nan
            continue
        estimate += size / total * share
        spread = float(values.var(ddof=1)) if n > 1 else math.nan
        variance += (size / total) ** 2 * (1 - n / size) * spread / n
    error = math.sqrt(variance) if variance >= 0 else math.nan
    tagged = strata.get("tagged", {})
    right = (tagged.get("works") or 0) * (tagged.get("belong") or 0.0) / total if total else math.nan
    return {
        "works": total,
        "tagged": (tagged.get("works") or 0) / total if total else None,
        "prevalence": _known(estimate),
        "error": _known(error),
        "low": _known(max(0.0, estimate - z * error)),
        "high": _known(min(1.0, estimate + z * error)),
        "precision": tagged.get("belong"),
        "recall": _known(right / estimate) if estimate else None,
        "strata": strata,
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def agreement(reads: Sequence[Read]) -> dict[str, Any]:
    """Readers, works read, Krippendorff's alpha of all, Cohen's kappa of every pair."""
    by_reader: dict[str, dict[int, bool]] = {}
    votes: dict[int, list[bool]] = {}
    for r in reads:
        if r.belongs is not None:
            if r.work_id in by_reader.setdefault(r.reader, {}):
                raise InputError(f"reader '{r.reader}' judged W{r.work_id} twice", fix="keep one row a work in each sheet")
            by_reader[r.reader][r.work_id] = r.belongs
            votes.setdefault(r.work_id, []).append(r.belongs)
    pairs = []
    for one, two in combinations(sorted(by_reader), 2):
        works, kappa = cohen(by_reader[one], by_reader[two])
        pairs.append({"readers": [one, two], "works": works, "kappa": kappa})
    return {
        "readers": sorted(by_reader),
        "works": len(votes),
        "judgements": dict(Counter({r: len(v) for r, v in by_reader.items()})),
        "alpha": krippendorff(votes),
        "pairs": pairs,
    }


def keep(observatory: Path, reads: Sequence[Read]) -> Path:
    """Store the judgements beside the records, ``labels/sdg-GOAL.csv``: those of the same reader on the same work are replaced.
    Ids only, no texts."""
    path = observatory / "labels" / f"sdg-{reads[0].goal}.csv"
    old = [] if not path.is_file() else guarded.table(path, STORED).to_pylist()
    rows = {(str(r["reader"]), str(r["work_id"])): {c: str(r[c]) for c in STORED} for r in old}
    for r in reads:
        if r.belongs is not None:
            said = (r.reader, f"W{r.work_id}", str(r.goal), r.stratum, str(r.size), "yes" if r.belongs else "no")
            rows[r.reader, f"W{r.work_id}"] = dict(zip(STORED, said, strict=True))
    path.parent.mkdir(exist_ok=True)
    table = pa.Table.from_pylist([rows[k] for k in sorted(rows)], schema=pa.schema([(c, pa.string()) for c in STORED]))
    durable.write(path, csv_text(table))
    return path


def as_text(found: Mapping[str, Any]) -> str:
    """What :func:`agreement` and :func:`prevalence` say, for people."""
    a, e = found["agreement"], found["estimate"]

    def percent(value: float | None) -> str:
        return "unknown" if value is None else f"{100 * value:.1f} %"

    alpha = "not defined" if a["alpha"] is None else f"{a['alpha']:.2f}"
    lines = [f"goal {found['goal']}: {a['works']} works read by {len(a['readers'])} readers ({', '.join(a['readers'])})"]
    lines.append(f"agreement: Krippendorff's alpha {alpha}")
    for p in a["pairs"]:
        kappa = "not defined" if p["kappa"] is None else f"{p['kappa']:.2f}"
        lines.append(f"  {p['readers'][0]} and {p['readers'][1]}: {p['works']} works, Cohen's kappa {kappa}")
    for name, s in e["strata"].items():
        lines.append(f"{name}: {s['read']} of {s['works']:,} works read, {percent(s['belong'])} belong to the goal")
    lines.append(f"on the goal: {percent(e['prevalence'])} of {e['works']:,} works (95 %: {percent(e['low'])} to {percent(e['high'])})")
    lines.append(f"tagged: {percent(e['tagged'])}; precision of the tags {percent(e['precision'])}, recall {percent(e['recall'])}")
    return "\n".join([*lines, f"kept: {found['kept']}"])
