"""The brief as one HTML file, as Markdown, and as PDF."""

from __future__ import annotations

from pathlib import Path

from armillary.audit.audit import Audit
from armillary.audit.text import HEADINGS
from armillary.core import durable
from armillary.core.tabular import escaped
from armillary.errors import MissingExtraError
from armillary.reports import brief_words as words
from armillary.reports.frame import Markup, as_html, page, table
from armillary.studies.brief import Brief, BriefPart, chart_table


def brief_html(brief: Brief, *, charts: bool = True) -> str:
    """One self-contained page; ``charts`` draws each headline table too (needs the extra ``charts``)."""
    warning = words.warning(brief)
    body = [f'<p class="band">{as_html(warning)}</p>'] if warning else []
    body += [f"<h1>{as_html(brief.title)}</h1>", f'<p class="lead">{as_html(words.lead(brief))}</p>']
    for section in brief.sections:
        body += _section(section, brief, charts)
    if brief.works:
        body.append("<h2>Works that stand out</h2><p>Papers of this period with most citations for their field, year and type.</p>")
        rows = [
            (Markup(f"<b>{as_html(w.title)}</b><br><small>{as_html(words.about(w))}</small>"), f"{w.ratio:.1f}", w.citations)
            for w in brief.works
        ]
        body.append(table(("Work", "Times expected", "Citations"), rows, numbers=(1, 2)))
    if brief.cooperation:
        body.append("<h2>Who works together</h2>")
        body.append(
            table(
                ("Largest partnerships", "Joint papers", "Part of the smaller one's"),
                [(r["name"], f"{r['papers']:,}", words.percent(r["part"])) for r in brief.cooperation],
                numbers=(1, 2),
            )
        )
        if brief.growing:
            rows2 = [(r["name"], f"{r['before']:,.1f}", f"{r['now']:,.1f}", f"{r['relative']:.1f}") for r in brief.growing]
            body.append(
                table(
                    (
                        "Growing faster than cooperation as a whole",
                        f"a year, {brief.earlier}",
                        f"a year, {brief.period}",
                        "Times the average growth",
                    ),
                    rows2,
                    numbers=(1, 2, 3),
                )
            )
    if brief.audit is not None:
        body += _claims(brief.audit)
    body.append(
        "<h2>How to read this</h2><ul>" + "".join(f"<li><b>{as_html(k)}</b>: {as_html(v)}.</li>" for k, v in words.GLOSSARY) + "</ul>"
    )
    body.append('<footer class="muted">' + "".join(f"<p>{as_html(n)}</p>" for n in (words.data_line(brief), *brief.notes)) + "</footer>")
    return page(brief.title, body)


def _section(section: BriefPart, brief: Brief, charts: bool) -> list[str]:
    rows = [
        (
            r.rank,
            words.place(r),
            r.name,
            f"{r.value:,.1f}",
            words.interval(r),
            words.change(r),
            "" if r.change is None else ("yes" if r.is_clear else "no"),
        )
        for r in section.rows
    ]
    out = [f"<h2>{as_html(section.title)}</h2>"]
    if charts:
        out.append(f"<figure>{_chart(section)}</figure>")
    out.append(table(("Rank", "Moved", "Name", "Share", "Interval", f"Change on {brief.earlier}", "Clear"), rows, numbers=(0, 3, 4, 5)))
    if section.movers:
        out.append("<h3>What moved most</h3><ul>" + "".join(f"<li>{as_html(words.moved(m))}</li>" for m in section.movers) + "</ul>")
    out.append(f'<p class="muted">{as_html(words.methods(section))}</p>')
    return out


def _chart(section: BriefPart) -> str:
    from armillary.charts.base import render, spec
    from armillary.charts.ranking import ranked_bars

    chart = ranked_bars(chart_table(section), value_title="Share, papers; line: interval", width=420)
    drawn = render(spec(chart), "svg").decode()
    return drawn[drawn.index("<svg") :]


def _claims(audit: Audit) -> list[str]:
    n = audit.counts
    out = ["<h2>Claims checked</h2>"]
    out.append(
        f"<p>{as_html(audit.file.title)}: of {len(audit.verdicts)} statements {n['supported']} are supported, "
        f"{n['contradicted']} contradicted, "
        f"{n['other-period']} true of another year or edition, {n['not-decidable']} not decidable with the data at hand.</p>"
    )
    shown = [v for v in audit.ordered if v.kind in ("contradicted", "other-period")]
    rows = [(v.claim.says, v.label, v.outcome.found) for v in shown]
    if rows:
        out.append(table(("Statement", "Verdict", "Found"), rows))
    return out


def brief_markdown(brief: Brief) -> str:
    """The same as Markdown."""
    out = [f"# {brief.title}", ""]
    warning = words.warning(brief)
    if warning:
        out += [f"> {warning}", ""]
    out += [words.lead(brief)]
    for section in brief.sections:
        out += [
            "",
            f"## {section.title}",
            "",
            f"| Rank | Moved | Name | Share | Interval | Change on {brief.earlier} | Clear |",
            "|---:|---|---|---:|---:|---:|---|",
        ]
        for r in section.rows:
            clear = "" if r.change is None else ("yes" if r.is_clear else "no")
            out.append(
                f"| {r.rank} | {words.place(r)} | {_cell(r.name)} | {r.value:,.1f} | {words.interval(r)} | {words.change(r)} | {clear} |"
            )
        if section.movers:
            out += ["", "What moved most:", "", *(f"* {_cell(words.moved(m))}" for m in section.movers)]
        out += ["", words.methods(section)]
    if brief.works:
        out += ["", "## Works that stand out", "", "| Work | Times expected | Citations |", "|---|---:|---:|"]
        out += [
            f"| {_cell(w.title)} ({_cell(', '.join(x for x in (w.source, ', '.join(w.countries)) if x))}) | {w.ratio:.1f} | {w.citations} |"
            for w in brief.works
        ]
    if brief.cooperation:
        out += ["", "## Who works together", "", "| Partnership | Joint papers | Part of the smaller one's |", "|---|---:|---:|"]
        out += [f"| {_cell(r['name'])} | {r['papers']:,} | {words.percent(r['part'])} |" for r in brief.cooperation]
        out += [
            "",
            *(
                f"* {_cell(r['name'])}: {r['before']:,.1f} joint papers a year in {brief.earlier}, {r['now']:,.1f} in {brief.period}"
                for r in brief.growing
            ),
        ]
    if brief.audit is not None:
        out += ["", "## Claims checked", ""]
        for kind, heading in HEADINGS.items():
            found = [v for v in brief.audit.verdicts if v.kind == kind]
            out.append(f"* {heading}: {len(found)}")
            if kind in ("contradicted", "other-period"):
                out += [f"  * {_cell(v.claim.says)}: {_cell(v.outcome.found)}" for v in found]
    out += [
        "",
        "## How to read this",
        "",
        *(f"* **{k}**: {v}." for k, v in words.GLOSSARY),
        "",
        words.data_line(brief),
        "",
        *(f"{n}\n" for n in brief.notes),
    ]
    return "\n".join(out).rstrip() + "\n"


def _cell(value: str) -> str:
    return escaped(value)


def write_pdf(html: str, path: Path) -> None:
    """Lay out the page on A4 and write it; needs the extra ``pdf``. Nothing is fetched."""
    try:
        import weasyprint
    except (ImportError, OSError):
        raise MissingExtraError("pdf", "writing PDF") from None

    def refuse(url: str, *args: object, **kwargs: object) -> dict[str, object]:
        raise ValueError(f"a brief fetches nothing, not even {url}")

    with durable.whole(path) as part:
        weasyprint.HTML(string=html, url_fetcher=refuse).write_pdf(part)
