"""An audit as plain text for a terminal and as Markdown for the documentation."""

from __future__ import annotations

import textwrap

from armillary.audit.audit import Audit
from armillary.audit.evidence import Publisher
from armillary.audit.verdict import LABELS, Verdict
from armillary.core.tabular import escaped

HEADINGS = {
    "contradicted": "Contradicted",
    "other-period": "Outdated: true of another year or edition",
    "not-decidable": "Not decidable with the data at hand",
    "supported": "Supported",
}
KINDS = {
    "official": "official source",
    "computed": "computed from official data",
    "dataset": "data set",
    "press": "press report",
    "agency": "news agency report",
    "ranking": "this observatory",
    "index": "this observatory",
}


METHOD = (
    "Every statement was turned into a query by hand. The query is answered from lists and series whose sources are named; words such "
    "as “nearly” are read as fixed ranges, shown with each verdict. A list that is known only in part answers only what it can: if the "
    "missing rows could change the answer, the verdict is “not decidable”."
)
LIMITS = (
    "“Supported” says that the sources at hand carry the statement, not that it is important or fair. Many sources are press reports; "
    "where the only source is an account by the same agency, the note says so. The facts were typed in from stored copies of the pages "
    "named, some of them excerpts, read on the day of access; a page may say something else today."
)


def audit_text(audit: Audit, width: int = 110) -> str:
    """The verdicts for a terminal, contradictions and outdated figures first."""
    lines = [f"{audit.file.title or audit.file.path}: {len(audit.verdicts)} claims"]
    lines += [f"  {n:3d}  {LABELS[k]}" for k, n in audit.counts.items()]
    last = None
    for verdict in audit.ordered:
        if verdict.kind != last:
            lines += ["", HEADINGS[verdict.kind].upper()]
            last = verdict.kind
        lines += [f"  {verdict.claim.id}"]
        lines += textwrap.wrap(verdict.claim.says, width, initial_indent="    ", subsequent_indent="    ")
        for label, text in _facts(verdict):
            lines += textwrap.wrap(f"{label}: {text}", width, initial_indent="      ", subsequent_indent="        ")
    if audit.consistency:
        lines += ["", "WHAT THE TEXTS SAY ABOUT EACH OTHER"]
        for item in audit.consistency:
            lines += textwrap.wrap(item.says, width, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(lines) + "\n"


def _facts(verdict: Verdict) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    if verdict.outcome.found:
        out.append(("found", verdict.outcome.found))
    if verdict.other is not None and verdict.evidence is not None:
        out.append(("holds elsewhere", verdict.other.found))
    if verdict.missing and verdict.kind == "not-decidable":
        out.append(("missing", verdict.lacks))
    if verdict.also:
        held = sum(1 for a in verdict.also if a.truth)
        out.append(
            (
                "other definitions",
                f"holds under {held} of {len(verdict.also)}: " + "; ".join(f"{a.label}: {word(a.truth)}" for a in verdict.also),
            )
        )
    return out


def word(truth: bool | None) -> str:
    """yes, no or open."""
    return "open" if truth is None else ("yes" if truth else "no")


def source_line(source: Publisher) -> str:
    """A source in one line."""
    parts = [
        source.title,
        source.publisher,
        source.address,
        f"accessed {source.accessed}" if source.accessed else "",
        KINDS.get(source.kind, source.kind),
    ]
    return ", ".join(p for p in parts if p)


def markdown(audit: Audit) -> str:
    """The audit as a Markdown page: counts, the findings first, then every claim with its evidence."""
    out = [f"# Audit: {escaped(audit.file.title)}", ""]
    if audit.file.note:
        out += [escaped(audit.file.note), ""]
    out += ["| Verdict | Claims |", "|---|---:|"]
    out += [f"| {LABELS[k]} | {n} |" for k, n in audit.counts.items()]
    out += ["", "| Article | File | Published |", "|---|---|---|"]
    out += [
        f"| {escaped(f'{a.title} ({a.publisher})')} | {escaped(str(a.file))} | {a.published or ''} |" for a in audit.file.articles.values()
    ]
    for kind, heading in HEADINGS.items():
        mine = [v for v in audit.verdicts if v.kind == kind]
        if mine:
            out += ["", f"## {heading} ({len(mine)})"]
            for verdict in mine:
                out += ["", *_markdown_claim(verdict, audit)]
        if kind == "other-period" and audit.consistency:
            out += ["", "## What the texts say about each other", ""]
            out += [f"* {escaped(c.says)}" for c in audit.consistency]
    out += ["", "## How to read this", "", METHOD, "", LIMITS]
    body = audit.as_dict()
    out += [
        "",
        f"Claims file {body['claims_sha256'][:16]}, audit {body['audit_sha256'][:16]}; the same file and evidence give the same bytes.",
        "",
    ]
    return "\n".join(out)


def _markdown_claim(verdict: Verdict, audit: Audit) -> list[str]:
    claim = verdict.claim
    article = audit.file.articles.get(claim.article or "")
    place = "" if article is None or claim.at is None else f" ({escaped(str(article.file))}, characters {claim.at[0]} to {claim.at[1]})"
    out = [
        f"### {escaped(claim.id)}",
        "",
        f"{escaped(claim.says)}{place}",
        "",
        f"**{verdict.label[:1].upper()}{verdict.label[1:]}.** {escaped(_dot(verdict.outcome.found))}",
    ]
    if verdict.outcome.read_as:
        out[-1] += f" Read as: {escaped(verdict.outcome.read_as)}."
    if verdict.other is not None:
        out += ["", f"Where it holds: {escaped(_dot(verdict.other.found))}"]
    if verdict.kind == "not-decidable" and verdict.missing:
        out += ["", "Missing: " + escaped(verdict.lacks) + "."]
    if verdict.also:
        out += ["", "| Other definition | Holds | Found |", "|---|---|---|"]
        out += [f"| {escaped(a.label)} | {word(a.truth)} | {escaped(a.found)} |" for a in verdict.also]
    notes = [n for n in (claim.note, *verdict.caveats) if n]
    if notes:
        out += ["", "Note: " + escaped(" ".join(_dot(n) for n in notes))]
    if verdict.sources:
        out += ["", *[f"* {escaped(source_line(s))}" for s in verdict.sources]]
    return out


def _dot(text: str) -> str:
    return text if not text or text.endswith((".", "!", "?")) else text + "."
