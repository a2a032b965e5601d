"""Highly cited candidates in plain Python from the core tables, loop by loop, with exact fractions (METHODS 6)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from fractions import Fraction
from statistics import median


def designations(store, *, first, last, min_cell, max_authors=30, top=Fraction(1, 100)):
    """``{(author_id, field_id or 0 for cross-field, door)}`` over OpenAlex fields, citations from references without self-citations."""
    work = {w["work_id"]: w for w in store.read("work").to_pylist()}
    authors = defaultdict(set)
    for a in store.read("authorship").to_pylist():
        if a["author_id"] is not None:
            authors[a["work_id"]].add(a["author_id"])
    inside = {
        i: w
        for i, w in work.items()
        if not (w["is_retracted"] or w["is_paratext"] or w["is_xpac"] or w["is_authors_truncated"])
        and w["type"] in ("article", "review")
        and w["year"] is not None
        and first <= w["year"] <= last
        and w["field_id"] is not None
    }
    cited = Counter()
    for c in store.read("citation").to_pylist():
        if c["cited_id"] in inside and not authors[c["citing_id"]] & authors[c["cited_id"]]:
            cited[c["cited_id"]] += 1
    cells = defaultdict(list)
    for i, w in inside.items():
        cells[w["field_id"], w["year"]].append(i)
    high = []
    for members in cells.values():
        if len(members) >= min_cell:
            high += [i for i in members if cited[i] > 0 and sum(cited[j] > cited[i] for j in members) < top * len(members)]
    papers, citations = defaultdict(Counter), defaultdict(Counter)
    for i in high:
        if work[i]["n_authors"] <= max_authors:
            for a in authors[i]:
                papers[work[i]["field_id"]][a] += 1
                citations[work[i]["field_id"]][a] += cited[i]
    totals = defaultdict(Counter)
    for i, w in inside.items():
        for a in authors[i]:
            totals[w["field_id"]][a] += cited[i]
    out, threshold, limit = set(), {}, {}
    for f in totals:
        n = len(totals[f])
        limit[f] = max(1, min(t for t in totals[f].values() if sum(u > t for u in totals[f].values()) < top * n))
    for f, h in papers.items():
        ranked = sorted((h[a] for a in h if citations[f][a] >= limit[f]), reverse=True)
        if not ranked:
            continue
        k = math.ceil(math.sqrt(len(h)))
        threshold[f] = ranked[min(k, len(ranked)) - 1]
        admitted = [a for a in h if citations[f][a] >= limit[f] and h[a] >= threshold[f]]
        middle = median(citations[f][a] for a in admitted)
        out |= {(a, f, "papers") for a in admitted}
        out |= {
            (a, f, "near-miss")
            for a in h
            if threshold[f] > 1 and h[a] == threshold[f] - 1 and citations[f][a] >= limit[f] and citations[f][a] >= middle
        }
    listed = {a for a, _, _ in out}
    for a in {a for h in papers.values() for a in h} - listed:
        fields = [f for f in papers if papers[f][a]]
        if len(fields) > 1:
            h = sum((Fraction(papers[f][a], threshold[f]) for f in fields if f in threshold), Fraction(0))
            c = sum((Fraction(citations[f][a], limit[f]) for f in fields if f in threshold), Fraction(0))
            if h >= 1 and c >= 1:
                out.add((a, 0, "cross-field"))
    return out
