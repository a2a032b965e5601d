"""Labelled rows for training: contribution statements alone (byline features), or joined to the corpus's works (all features)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.core.store import Store
from armillary.errors import DataError
from armillary.studies.leadership.model.features import FEATURE_SETS, byline_matrix, is_alphabetical, sort_key
from armillary.studies.leadership.model.lead import LabelledRows

LARGEST_TEAM = 100
"""Statements of larger teams name groups rather than people and are left out of training."""


def _statements(store: Store) -> pa.Table:
    table = store.read("contribution")
    if not table.num_rows:
        raise DataError("no contribution statements were ingested", where=store.path, fix="run: armillary ingest contributions FILE.jsonl")
    return table


def byline_rows(store: Store, *, largest_team: int = LARGEST_TEAM) -> LabelledRows:
    """Labelled authors of all ingested statements with the features of their bylines; solo papers and huge teams are left out."""
    papers: dict[str, list[dict[str, object]]] = {}
    for row in _statements(store).to_pylist():
        papers.setdefault(row["statement_id"], []).append(row)
    names, seq, size, order, lead = [], [], [], [], []
    for key in sorted(papers):
        authors = sorted(papers[key], key=lambda r: int(str(r["author_seq"])))
        if not 2 <= len(authors) <= largest_team:
            continue
        in_order = is_alphabetical([str(a["author_name"]) for a in authors])
        for a in authors:
            if a["is_lead"] is None:
                continue
            names.append(key)
            seq.append(a["author_seq"])
            size.append(len(authors))
            order.append(np.nan if in_order is None else float(in_order))
            lead.append(a["is_lead"])
    if not lead:
        raise DataError("no author of the ingested statements has a label")
    n = np.array(size, dtype=np.float64)
    matrix = byline_matrix(np.array(names), np.array(seq), n, np.array(order), np.full(len(n), np.nan))
    team = np.select([n <= 5, n <= 10, n <= 20], ["2-5 authors", "6-10 authors", "11-20 authors"], "over 20 authors")
    place = np.where(matrix[:, 2] == 0, "first", np.where(matrix[:, 3] == 0, "last", "middle"))
    return LabelledRows(np.array(names), matrix, FEATURE_SETS["byline"], np.array(lead, dtype=bool), {"team size": team, "position": place})


@dataclass(frozen=True)
class Joined:
    """Statements found among the works: label rows ``work_id, author_seq, is_lead``, and what happened to the rest."""

    rows: pa.Table
    statements: int
    by_doi: int
    by_title: int
    byline_differs: int


def title_key(title: str | None) -> str:
    """A title as letters and digits only, for joining; empty for titles too short to tell papers apart."""
    key = re.sub(r"[^a-z0-9]+", "", re.sub(r"<[^<>]{1,200}>", "", title or "").casefold())
    return key if len(key) >= 20 else ""


def join_to_works(corpus: Corpus) -> Joined:
    """Find the works of the statements by DOI, then by title with the same surnames; the byline must have the same length and order."""
    papers: dict[str, list[dict[str, object]]] = {}
    for row in _statements(corpus.store).to_pylist():
        papers.setdefault(row["statement_id"], []).append(row)
    work = corpus.table("work")
    found = corpus.fetch(work.select("work_id", "doi", "title", "n_authors").filter(work.n_authors > 0)).to_pylist()
    by_doi = {r["doi"]: r["work_id"] for r in found if r["doi"]}
    by_title: dict[str, list[int]] = {}
    for r in found:
        if key := title_key(r["title"]):
            by_title.setdefault(key, []).append(r["work_id"])
    matches: dict[str, tuple[str, list[int]]] = {}
    for key, authors in papers.items():
        if authors[0]["doi"] in by_doi:
            matches[key] = ("doi", [by_doi[authors[0]["doi"]]])
        elif titles := by_title.get(title_key(str(authors[0]["title"] or ""))):
            matches[key] = ("title", sorted(titles))
    wanted = sorted({w for _, works in matches.values() for w in works})
    a = corpus.table("authorship")
    bylines: dict[int, list[str]] = {}
    for r in corpus.fetch(
        a.filter(a.work_id.isin(wanted or [-1])).select("work_id", "author_seq", "author_name").order_by(["work_id", "author_seq"])
    ).to_pylist():
        bylines.setdefault(r["work_id"], []).append(sort_key(r["author_name"]))
    out, counts, differs = [], {"doi": 0, "title": 0}, 0
    for key, (how, works) in sorted(matches.items()):
        authors = sorted(papers[key], key=lambda r: int(str(r["author_seq"])))
        mine = [sort_key(str(x["author_name"])) for x in authors]
        fitting = [w for w in works if _same(mine, bylines.get(w, []))]
        if not fitting:
            differs += 1
            continue
        counts[how] += 1
        out += [
            {"work_id": fitting[0], "author_seq": x["author_seq"], "is_lead": x["is_lead"]} for x in authors if x["is_lead"] is not None
        ]
    schema = pa.schema([("work_id", pa.int64()), ("author_seq", pa.int32()), ("is_lead", pa.bool_())])
    return Joined(pa.Table.from_pylist(out, schema=schema), len(papers), counts["doi"], counts["title"], differs)


def _same(one: list[str], two: list[str]) -> bool:
    """The same number of authors, and four of five surnames the same in their places (names are spelled in many ways)."""
    return len(one) == len(two) and sum(a == b for a, b in zip(one, two, strict=True)) >= 0.8 * len(one)
