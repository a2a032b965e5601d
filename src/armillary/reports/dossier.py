"""A dossier as one HTML page that needs nothing else."""

from __future__ import annotations

from armillary.reports import frame
from armillary.studies.dossier.content import Dossier, DossierPart, row_texts, show


def dossier_html(dossier: Dossier) -> str:
    """One page without scripts, links to elsewhere or fonts from the network; light and dark; prints."""
    body = [f"<h1>{frame.as_html(dossier.title)}</h1>", f'<p class="lead">{frame.as_html(dossier.subtitle)}</p>']
    body += [f'<p class="band" role="note">{frame.as_html(w)}</p>' for w in dossier.warnings]
    for s in dossier.sections:
        body += [f'<section id="{s.id}"><h2>{frame.as_html(s.title)}</h2>', *_inside(s), "</section>"]
    return frame.page(dossier.title, [*body, f"<footer><small>{frame.as_html(dossier.foot)}</small></footer>"])


def _inside(s: DossierPart) -> list[str]:
    """What stands under the title of a section."""
    out = [f'<p class="muted">{frame.as_html(s.empty or "Nothing known.")}</p>'] if s.is_empty else []
    if s.facts:
        pairs = (f"<dt>{frame.as_html(k)}</dt><dd>{frame.as_html(show(v))}</dd>" for k, v in s.facts if v is not None)
        out.append(f"<dl>{''.join(pairs)}</dl>")
    if s.rows:
        numbers = [i for i in range(len(s.columns)) if all(isinstance(r[i], int | float) or r[i] is None for r in s.rows)]
        out.append(frame.table(s.columns, row_texts(s), numbers))
    if s.note:
        out.append(f'<p class="muted">{frame.as_html(s.note)}</p>')
    return out
