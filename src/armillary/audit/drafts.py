"""What `ask` read and decided -> a draft claim with evidence, comparison and tolerance, so that `audit` can run on it at once."""

from __future__ import annotations

import math
from typing import Any

from armillary.audit.ask import AskAnswer
from armillary.audit.reading.assertion import Amount
from armillary.audit.witness import Judged, Witness

_WORDS = {"": "exactly", "more": "more than", "atleast": "at least", "less": "less than", "atmost": "at most", "slightly": "more than"}
"""Words of the claims language for the hedges that are called otherwise."""


def drafts(answer: AskAnswer) -> list[dict[str, Any]]:
    """One draft (``evidence, predicate, ...``) for each part of the sentence that was decided and that the claims language can say."""
    made = [_draft(j) for j in answer.judged if j.kind in ("supported", "supported-elsewhere", "contradicted")]
    return [d for d in made if d is not None]


def _draft(j: Judged) -> dict[str, Any] | None:
    a, best = j.assertion, j.best
    if best is None or (not best.candidate.is_published and (len(best.candidate.terms) != 1 or best.candidate.over)):
        return None
    c = best.candidate
    if c.is_published:
        if c.table.startswith("world:"):
            return None
        evidence = f"published:{c.table}"
        unit = next((s.partition("#")[2] or s for s in a.subject if s.startswith(f"{c.table}#") or "#" not in s), None)
    else:
        evidence = f"world:{c.id}" + (f"/{c.part}" if c.part else "")
        unit = next((s for s in a.subject if "#" not in s), None)
    query = None if unit is None else _query(j, best, unit)
    return None if query is None else {"evidence": evidence, **query}


def _query(j: Judged, best: Witness, unit: str) -> dict[str, Any] | None:
    a, year = j.assertion, j.assertion.year or best.year
    if a.scope not in ("", "world") or a.lowest or a.left or year is None:
        return None
    if a.form == "rank" and a.rank is not None and a.since is None:
        return {"predicate": "rank", "unit": unit, "period": year, "rank": a.rank, "word": a.rank_word}
    if a.form == "path":
        return {"predicate": "rank-path", "unit": unit, "path": {str(y): r for y, r in a.path}}
    if a.form == "run" and a.rank is not None and a.years is not None:
        return {"predicate": "rank-streak", "unit": unit, "years": a.years, "rank": a.rank, "until": year}
    if a.form == "overtake" and a.year is not None:
        return {"predicate": "crossing", "unit": unit, "other": a.others[0][0][0].partition("#")[2] or a.others[0][0][0], "period": a.year}
    if a.form == "count" and a.amount is not None and a.first is not None:
        return {"predicate": "count-among-first", "country": unit, "first": a.first, "period": year, **_number(a.amount, 1.0)}
    if a.form == "compare" and a.ratio is None and not a.falling:
        return {"predicate": "compare", "unit": unit, "other": a.others[0][0][0], "period": year}
    if a.form == "value" and a.amount is not None and a.since is None:
        return {"predicate": "value", "unit": unit, "period": year, **_number(a.amount, best.candidate.factor)}
    if a.form == "share" and a.amount is not None and a.scope == "world":
        return {"predicate": "share", "unit": unit, "of": "WLD", "period": year, **_number(a.amount, 100.0)}
    if a.form == "change" and a.amount is not None and a.amount.measure == "percent" and not a.falling:
        start = a.since if a.since is not None else year - 1
        return {"predicate": "growth", "unit": unit, "from": start, "to": year, "as": "percent", **_number(a.amount, 1.0)}
    return None


def _number(amount: Amount, factor: float) -> dict[str, Any]:
    """The number in the unit of the evidence, its word and its tolerance."""
    value, word = amount.value / factor, _WORDS.get(amount.hedge, amount.hedge)
    out: dict[str, Any] = {"number": int(value) if value == int(value) else round(value, 10), "word": word}
    if amount.hedge in ("", "exactly", "about", "nearly"):
        half = max(x for x in (amount.high - amount.value, amount.value - amount.low) if not math.isinf(x)) / factor
        out["tolerance"] = round(half, 10)
    return out
