"""The page of an audit: what is contradicted and what is out of date first, each verdict with its numbers and sources."""

from __future__ import annotations

from armillary.audit.audit import ORDER, Audit
from armillary.audit.evidence import Publisher
from armillary.audit.text import HEADINGS, KINDS, LIMITS, METHOD, word
from armillary.audit.verdict import LABELS, Verdict
from armillary.reports.frame import Markup, as_html, link, page, table


def audit_html(audit: Audit, *, charts: bool = False) -> str:
    """One self-contained HTML file; ``charts`` draws the verdicts by article and the path behind each contradiction (extra ``charts``)."""
    data = audit.as_dict()
    body = [
        f"<h1>{as_html(audit.file.title or audit.file.path)}</h1>",
        f'<p class="lead">{as_html(sentence(audit))}</p>',
        _counts(audit),
    ]
    if audit.file.note:
        body.append(f'<p class="muted">{as_html(audit.file.note)}</p>')
    if charts:
        from armillary.charts.claims import verdict_bars

        body.append(f"<figure>{_drawn(verdict_bars(audit))}</figure>")
    for kind in ORDER:
        mine = [v for v in audit.verdicts if v.kind == kind]
        if mine:
            body.append(f'<h2 id="{kind}">{as_html(HEADINGS[kind])} ({len(mine)})</h2>')
            body += [_claim(v, audit, charts) for v in mine]
        if kind == "other-period" and audit.consistency:
            items = "".join(f"<li>{as_html(c.says)}</li>" for c in audit.consistency)
            body.append(f"<h2>What the texts say about each other</h2><ul>{items}</ul>")
    if audit.file.articles:
        rows = [
            (a.title, a.publisher, Markup(f"<code>{as_html(a.file)}</code>"), a.published or "", a.note)
            for a in audit.file.articles.values()
        ]
        body.append("<h2>The texts</h2>" + table(("Title", "Publisher", "File", "Published", "Note"), rows))
    body.append("<h2>How to read this</h2>" + _method())
    body.append(
        f'<footer class="muted">Claims file <code>{data["claims_sha256"][:16]}</code>, audit <code>{data["audit_sha256"][:16]}</code>, '
        f"Armillary {as_html(data['armillary'])}. The same claims and evidence give the same page.</footer>"
    )
    return page(f"Audit: {audit.file.title}", body)


def sentence(audit: Audit) -> str:
    """The audit in one sentence."""
    n = audit.counts
    total = len(audit.verdicts)
    return (
        f"Of {total} numerical statements {n['supported']} are supported, {n['contradicted']} contradicted, "
        f"{n['other-period']} true of another year or edition than the text says, and {n['not-decidable']} not decidable."
    )


def _counts(audit: Audit) -> str:
    return (
        '<div class="counts">'
        + "".join(f'<div class="{kind}"><b>{n}</b><a href="#{kind}">{as_html(LABELS[kind])}</a></div>' for kind, n in audit.counts.items())
        + "</div>"
    )


def _claim(verdict: Verdict, audit: Audit, charts: bool = False) -> str:
    claim = verdict.claim
    article = audit.file.articles.get(claim.article or "")
    where = "" if article is None else f"{article.publisher or article.file}"
    place = "" if article is None or claim.at is None else f"{article.file}, characters {claim.at[0]}–{claim.at[1]}"
    out = [
        f'<div class="claim" id="{as_html(claim.id)}"><p class="says">{as_html(claim.says)}</p>',
        f'<p><span class="tag {verdict.kind}">{as_html(verdict.label)}</span>'
        + (f" {as_html(_end(verdict.outcome.found))}" if verdict.outcome.found else "")
        + "</p>",
    ]
    if verdict.other is not None:
        out.append(f"<p>Where it holds: {as_html(_end(verdict.other.found))}</p>")
    if verdict.kind == "not-decidable" and verdict.missing:
        out.append(f'<p class="muted">Missing: {as_html(verdict.lacks)}.</p>')
    if verdict.also:
        rows = [(a.label, word(a.truth), a.found) for a in verdict.also]
        out.append(table(("Under another definition", "Holds", "Found"), rows))
    for note in (claim.note, *verdict.caveats):
        if note:
            out.append(f'<p class="muted">{as_html(_end(note))}</p>')
    if charts and (verdict.kind in ("contradicted", "other-period") or verdict.claim.main.query.predicate in ("rank-path", "first-above")):
        from armillary.charts.claims import claim_path

        drawn = claim_path(verdict)
        if drawn is not None:
            out.append(f"<figure>{_drawn(drawn)}</figure>")
    evidence = f" Best evidence: {KINDS[verdict.strength]}." if verdict.strength in KINDS else ""
    out.append(f'<p class="muted">{as_html(f"In: {where}." if where else "")}{as_html(evidence)}</p>')
    out.append(_details(verdict, place) + "</div>")
    return "\n".join(out)


def _drawn(chart: object) -> str:
    from armillary.charts.base import render, spec

    svg = render(spec(chart), "svg").decode()
    return svg[svg.index("<svg") :]


def _details(verdict: Verdict, place: str) -> str:
    inner: list[str] = []
    if verdict.outcome.read_as:
        inner.append(f"<p>Read as: {as_html(verdict.outcome.read_as)}.</p>")
    if verdict.outcome.path:
        rows = [(p.period, p.unit, p.rank, p.value) for p in verdict.outcome.path]
        inner.append(table(("Period", "Unit", "Rank", "Value"), rows, numbers=(2, 3)))
    if verdict.sources:
        inner.append("<ul>" + "".join(f"<li>{source_item(s)}</li>" for s in verdict.sources) + "</ul>")
    query = verdict.claim.main.query
    asked = " ".join(f"{k} = {v!r}" for k, v in query.args.items())
    held = "" if verdict.evidence is None else f" on <code>{as_html(verdict.evidence.id)}</code> ({verdict.evidence.sha256[:12]})"
    inner.append(f"<p>Query: <code>{as_html(query.predicate)} {as_html(asked)}</code>{held}. {as_html(place)}</p>")
    return f"<details><summary>Numbers, sources, query</summary>{''.join(inner)}</details>"


def source_item(source: Publisher) -> Markup:
    """A source as a list item, linked where it has an address."""
    parts = [link(source.address, source.title), as_html(source.publisher)]
    if source.address and not source.address.startswith("http"):
        parts.append(as_html(source.address))
    if source.edition:
        parts.append(as_html(source.edition))
    parts += [
        f"accessed {as_html(source.accessed)}" if source.accessed else "",
        as_html(KINDS.get(source.kind, source.kind)),
        as_html(source.note),
    ]
    return Markup(", ".join(p for p in parts if p))


def _method() -> str:
    return f"<p>{as_html(METHOD)}</p><p>{as_html(LIMITS)}</p>"


def _end(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", ".'")) else sentence + "."
