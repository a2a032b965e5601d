"""An answer as lines for people."""

from __future__ import annotations

from armillary.audit.ask import AskAnswer, fetch, since, source_of
from armillary.audit.witness import Judged

_LABEL = {
    "supported": "Supported",
    "supported-elsewhere": "Supported for another year, edition or definition",
    "contradicted": "Contradicted",
    "inconsistent": "Inconsistent",
    "not-decidable": "Not decidable with what is at hand",
}


def lines(answer: AskAnswer) -> list[str]:
    """Verdict first, then each part with its readings, sources and what is missing."""
    out = [f"{_LABEL[answer.verdict]}. {answer.summary}"]
    for j in answer.judged:
        out += ["", *_part(j)]
    first = since(answer.main)
    if first is not None:
        out += ["", f"It has held since {first} (in the years at hand)."]
    best = answer.main.best
    if best is not None:
        if best.overturn:
            out.append(f"What would overturn it: {best.overturn}")
        s = source_of(best)
        out.append(f"Source: {s['publisher']}, {s['title']}, edition {s['edition']} ({s['table']})")
    commands = fetch(answer)
    if commands:
        out += ["See: " + "; ".join(commands)]
    return out


def _part(j: Judged) -> list[str]:
    a = j.assertion
    what = [a.subject_name or "no subject", j.measure.name if j.measure else "no measure", a.form]
    if a.rank is not None:
        what.append(f"rank {a.rank}" if a.rank_word == "exactly" else f"{'no longer ' if a.left else ''}among the first {a.rank}")
    if a.amount is not None:
        ends = ["any" if abs(x) == float("inf") else f"{x:,.6g}" for x in (a.amount.low, a.amount.high)]
        what.append(f"{a.amount.text} (read as {ends[0]} to {ends[1]}, {a.amount.measure})")
    what.append(str(a.year) if a.year is not None else "newest year")
    out = [f"“{a.text}”", "  read as: " + "; ".join(what), f"  {j.kind}: {j.says}"]
    out += [f"    {f.state:8s} {f.text} [{f.candidate.label}]" for f in j.findings]
    out += [f"    missing  {x}" for x in j.missing]
    return out
