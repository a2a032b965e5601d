"""An article with its claims marked in place, as one self-contained page; made from the reader's own file, for the reader."""

from __future__ import annotations

from armillary.audit.marked import MarkedArticle, Passage
from armillary.reports.frame import as_html, page

LOOK = {
    "supported": "supported", "supported-elsewhere": "other-period", "contradicted": "contradicted", "inconsistent": "contradicted",
    "not-decidable": "open",
}  # fmt: skip
LABELS = {
    "supported": "supported",
    "supported-elsewhere": "supported for another year, edition or definition",
    "contradicted": "contradicted",
    "inconsistent": "inconsistent",
    "not-decidable": "not decidable with what is at hand",
}
_STYLE = """<style>.article{white-space:pre-wrap;max-width:72ch}.article mark{background:var(--panel);color:inherit;padding:1px 3px;
border-bottom:3px solid var(--quiet)}.article mark.supported{border-color:var(--rise)}.article mark.contradicted{border-color:var(--fall)}
.article mark.other-period{border-color:var(--brass)}
.article sup{font-size:11px;line-height:1}
</style>"""


def marked_html(article: MarkedArticle, title: str) -> str:
    """The text with a mark at each claim, the numbers leading to what was found and why."""
    counts = "".join(f'<div class="{LOOK[k]}"><b>{n}</b>{as_html(LABELS[k])}</div>' for k, n in article.counts.items())
    body = [
        _STYLE,
        f"<h1>{as_html(title)}</h1>",
        f'<p class="lead">{len(article.claims)} passages assert something that can be measured.</p>',
        f'<div class="counts">{counts}</div>',
        f'<div class="article">{"".join(_passage(p) for p in article.passages)}</div>',
        "<h2>What was found</h2>",
        *(_claim(p) for p in article.claims),
    ]
    return page(title, body)


def _passage(p: Passage) -> str:
    if p.answer is None:
        return as_html(p.text)
    verdict, n = p.answer.verdict, p.number
    title = as_html(LABELS[verdict])
    return f'<mark class="{LOOK[verdict]}" title="{title}">{as_html(p.text)}<sup><a href="#c{n}" id="p{n}">{n}</a></sup></mark>'


def _claim(p: Passage) -> str:
    answer, n = p.answer, p.number
    if answer is None:
        return ""
    parts = ""
    if len(answer.judged) > 1:
        told = "".join(f"<li>{as_html(LABELS[j.kind])}: {as_html(j.assertion.text)}</li>" for j in answer.judged)
        parts = f"<ul>{told}</ul>"
    rows = "".join(
        f"<li>{as_html(f.state)}: {as_html(f.text)} – {as_html(f.candidate.label)}</li>" for j in answer.judged for f in j.findings
    )
    lacks = "".join(f"<li>missing: {as_html(x)}</li>" for x in dict.fromkeys(x for j in answer.judged for x in j.missing))
    return (
        f'<div class="claim" id="c{n}"><span class="tag {LOOK[answer.verdict]}">{n}. {as_html(LABELS[answer.verdict])}</span>'
        f'<p class="says"><a href="#p{n}">{as_html(answer.sentence[:300])}</a></p><p class="muted">{as_html(answer.summary)}</p>{parts}'
        f"<details><summary>readings</summary><ul>{rows}{lacks}</ul></details></div>"
    )
