"""The frame of a self-contained page: the colours of the charts, system fonts, no script, nothing fetched. Prints well."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from armillary.charts.base import tokens_css

STYLE = """
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);
font:16px/25px system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',Arial,sans-serif}
main{max-width:1120px;margin:0 auto;padding:32px 24px 72px}
h1{font-size:32px;line-height:38px;font-weight:650;margin:0 0 8px}
h2{font-size:20px;line-height:28px;font-weight:650;margin:48px 0 12px;border-top:1px solid var(--hairline);padding-top:24px}
h3{font-size:16px;line-height:25px;font-weight:650;margin:24px 0 4px}
p{max-width:68ch;margin:0 0 12px}
a{color:var(--accent)}
.lead{font-size:18px;line-height:28px;max-width:68ch}
.muted,small{color:var(--muted);font-size:14px;line-height:20px}
.band{background:var(--panel);border-left:4px solid var(--brass);padding:8px 16px;margin:0 0 24px;font-size:14px;line-height:20px}
.scroll{overflow-x:auto}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 20px;margin:8px 0}dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}
@media(max-width:36rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:6px}}
table{border-collapse:collapse;font-size:14px;line-height:20px;margin:8px 0 16px}
th,td{text-align:left;padding:4px 16px 4px 0;border-bottom:1px solid var(--hairline);vertical-align:top}
th{font-weight:400;color:var(--muted)}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.claim{border-top:1px solid var(--hairline);padding:16px 0 12px}
.claim p{margin:0 0 6px}
.says{font-weight:650}
.tag{display:table;margin-bottom:2px;font-size:14px;line-height:20px;border-left:4px solid var(--quiet);padding-left:8px}
.contradicted,.counts .contradicted{border-color:var(--fall)}.other-period,
.counts .other-period{border-color:var(--brass)}.supported,.counts .supported{border-color:var(--rise)}
details{font-size:14px;line-height:20px;margin-top:4px}
summary{cursor:pointer;color:var(--accent)}
details ul{margin:4px 0;padding-left:20px}
details li{overflow-wrap:anywhere}
.counts{display:flex;flex-wrap:wrap;gap:12px 32px;margin:16px 0 24px}
.counts div{border-left:4px solid var(--quiet);padding-left:12px}
.counts b{display:block;font-size:26px;line-height:32px;font-weight:650;font-variant-numeric:tabular-nums}
figure{margin:16px 0}figure svg{max-width:100%;height:auto}
.rise{color:var(--rise)}.fall{color:var(--fall)}
footer{margin-top:48px;border-top:1px solid var(--hairline);padding-top:12px}
@page{size:A4;margin:18mm 16mm}
@media print{main{padding:0;max-width:none}details[open] summary{display:none}h2{break-after:avoid}.claim,figure,tr{break-inside:avoid}
body{font-size:10.5pt;line-height:15pt}h1{font-size:20pt;line-height:24pt}h2{font-size:13pt;line-height:17pt;margin-top:20pt}
table,.muted,small,.band,.tag,details{font-size:9pt;line-height:12.5pt}th,td{padding-right:10px}}
"""


def page(title: str, body: Iterable[str], *, language: str = "en") -> str:
    """One HTML document. ``body`` is HTML already; ``title`` is escaped here."""
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
        f"<title>{html.escape(title)}</title>\n<style>{tokens_css()}{STYLE}</style></head>\n<body><main>\n"
        + "\n".join(body)
        + "\n</main></body></html>\n"
    )


def as_html(value: object) -> str:
    """Anything as escaped text."""
    return html.escape(str(value))


def table(head: Sequence[str], rows: Iterable[Sequence[object]], numbers: Iterable[int] = ()) -> str:
    """A table; columns in ``numbers`` are right-aligned. Cells that are already HTML come as :class:`Markup`."""
    right = set(numbers)

    def cell(tag: str, i: int, value: object) -> str:
        inner = str(value) if isinstance(value, Markup) else as_html(value)
        return f'<{tag} class="n">{inner}</{tag}>' if i in right else f"<{tag}>{inner}</{tag}>"

    top = "".join(cell("th", i, h) for i, h in enumerate(head))
    body = "".join("<tr>" + "".join(cell("td", i, v) for i, v in enumerate(row)) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


class Markup(str):
    """Text that is HTML already."""


def link(address: str, label: str) -> Markup:
    """A link if the address is one, else plain text."""
    if address.startswith(("http://", "https://")):
        return Markup(f'<a href="{as_html(address)}">{as_html(label)}</a>')
    return Markup(as_html(label))
