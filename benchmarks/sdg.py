"""The goal classifier on real titles and abstracts: works a second, beside one regular expression a goal, and the limit of splitting alone.

    python benchmarks/sdg.py [--observatory FOLDER] [--repeat 8] [--json FILE]

Without --observatory the works of $ARMILLARY_DATA/openalex are ingested into a temporary one. The peer looks for the same words and
phrases with one compiled alternation a goal and no proximity, title rule or salience, so it does less.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import finish, run_part


def load(folder: str, repeat: int) -> tuple[list[int], list[str | None], list[str | None]]:
    import armillary as arm
    from armillary.counting.goals.tags import texts

    ids, titles, abstracts = [], [], []
    for batch in texts(arm.open(folder, threads=1).corpus):
        for whole, part in zip((ids, titles, abstracts), batch, strict=True):
            whole.extend(part)
    return list(range(len(ids) * repeat)), titles * repeat, abstracts * repeat


def timed(n: int, call) -> dict[str, float]:
    start = time.perf_counter()
    rows = call()
    seconds = time.perf_counter() - start
    return {"works": n, "seconds": round(seconds, 2), "works_a_second": round(n / seconds), "tags": rows}


def ours(folder: str, repeat: int) -> dict[str, float]:
    from armillary.counting.goals.classifier import Classifier

    ids, titles, abstracts = load(folder, repeat)
    return timed(len(ids), lambda: Classifier().classify(ids, titles, abstracts).num_rows)


def tokens(folder: str, repeat: int) -> dict[str, float]:
    from armillary.counting.goals.classifier import Classifier
    from armillary.counting.goals.text import tokenise

    ids, titles, abstracts = load(folder, repeat)
    vocabulary = Classifier()._vocabulary

    def run() -> int:
        return sum(len(tokenise(titles[i : i + 4000], abstracts[i : i + 4000], vocabulary).codes) for i in range(0, len(ids), 4000))

    return timed(len(ids), run) | {"tags": 0}


def regexes(folder: str, repeat: int) -> dict[str, float]:
    from armillary.counting.goals.language import phrases
    from armillary.counting.goals.queries import load_queries

    ids, titles, abstracts = load(folder, 1)
    patterns = []
    for goal in load_queries().goals:
        words = {p for q in goal.queries for p in phrases(q.node)}
        parts = [
            r"\W+".join(re.escape(w[:-1]) + r"\w*" if w.endswith("*") else re.escape(w) for w in p.words) for p in sorted(words, key=str)
        ]
        patterns.append(re.compile(r"\b(?:" + "|".join(parts) + r")\b"))

    def run() -> int:
        found = 0
        for title, abstract in zip(titles, abstracts, strict=True):
            text = f"{title or ''} \n {abstract or ''}".lower()
            found += sum(p.search(text) is not None for p in patterns)
        return found

    return timed(len(ids), run)


PARTS = {"ours": ours, "split and look up only": tokens, "one regex a goal": regexes}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--observatory")
    parser.add_argument("--repeat", type=int, default=8)
    parser.add_argument("--json")
    parser.add_argument("--part")
    parser.add_argument("rest", nargs="*")
    given = parser.parse_args()
    if given.part:
        print(json.dumps(PARTS[given.part](given.rest[0], int(given.rest[1]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        home = given.observatory
        if home is None:
            from armillary.core.store import Store
            from armillary.sources.openalex.ingest import ingest

            home = f"{folder}/observatory"
            ingest(Path(os.environ["ARMILLARY_DATA"]) / "openalex" / "data", Store.create(home), abstracts=True)
        rows = [
            run_part(__file__, part, home, str(r)) | {"times": r}
            for part, r in itertools.product(PARTS, (1, given.repeat))
            if not (part == "one regex a goal" and r > 1)
        ]
    finish(
        "SDG classifier, one core",
        rows,
        ["part", "times", "works", "seconds", "works_a_second", "tags", "peak_mib"],
        given.json,
        [
            "times 1: every word is new to the vocabulary; with repeats the vocabulary is warm, as in a large corpus.",
            "seconds: without reading the texts. tags: (work, goal) pairs; the regexes know no proximity, titles or salience.",
        ],
    )


if __name__ == "__main__":
    main()
