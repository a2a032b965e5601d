"""Country reports of an index: one self-contained page for each unit, and a list of all, as HTML and PDF."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from armillary.composite.result import IndexResult
from armillary.composite.statistics import profile
from armillary.core import durable
from armillary.reports.brief import write_pdf
from armillary.reports.frame import Markup, as_html, page, table


def unit_html(result: IndexResult, unit: str, *, group: str | None = None, earlier: IndexResult | None = None, chart: bool = True) -> str:
    """One unit: its rank, its scores by group, every indicator with its strengths, weaknesses and imputed values, and the method.

    ``group`` names a grouping to compare with; ``earlier`` is another edition, whose ranks stand beside; ``chart`` draws the profile
    (extra ``charts``).
    """
    u = result.position(unit)
    name, m = result.sample.names[u], result.meta
    body = [f"<h1>{as_html(name)}</h1>", f'<p class="lead">{as_html(m["title"])}: {as_html(place(result, u))}</p>']
    label = None
    if group is not None and group in result.sample.groups:
        label = result.sample.groups[group][u]
    was = _earlier(result, u, earlier)
    rows = profile(result, result.units[u]).to_pylist()
    body.append("<h2>Scores</h2>" + _scores(result, u, rows, group if label else None, was, earlier))
    found = result.explain(result.units[u], group=group if label else None).to_pylist()
    for kind, title in (("is_strength", "Strengths"), ("is_weakness", "Weaknesses")):
        named = [r for r in found if r[kind]]
        if named:
            items = "".join(f"<li>{as_html(r['name'])} <span class=muted>(rank {r['rank']})</span></li>" for r in named)
            body.append(f"<h3>{title}</h3><ul>{items}</ul>")
    if chart:
        body.append(f"<h2>Profile</h2><figure>{_drawn(result, unit, group if label else None)}</figure>")
    body.append("<h2>Indicators</h2>" + _indicators(result, found))
    body.append("<h2>How it was made</h2>" + method(result))
    return page(f"{name}: {m['title']}", body)


def place(result: IndexResult, u: int) -> str:
    """Rank and score of a unit in one clause."""
    root = result.spec.root.id
    value, rank = result.score(root), result.ranks(root)
    if np.isnan(value[u]):
        return "no score"
    return f"rank {rank[u]:g} of {int((~np.isnan(value)).sum())}, score {number(float(value[u]))}"


def number(value: float | None) -> str:
    """A number for reading: four significant digits."""
    if value is None or np.isnan(value):
        return ""
    size = abs(value)
    return (
        f"{value:,.0f}" if size >= 1000 else f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 0.1 or not size else f"{value:.3g}"
    )


def _earlier(result: IndexResult, u: int, earlier: IndexResult | None) -> dict[str, float]:
    """Ranks of the same unit in another edition."""
    if earlier is None or result.units[u] not in earlier.units:
        return {}
    k = earlier.units.index(result.units[u])
    ids = {g.id for g in earlier.spec.groups}
    return {g.id: float(earlier.ranks(g.id)[k]) for g in result.spec.groups if g.id in ids and not np.isnan(earlier.ranks(g.id)[k])}


def _scores(
    result: IndexResult, u: int, rows: list[dict[str, Any]], group: str | None, was: dict[str, float], earlier: IndexResult | None
) -> str:
    head = ["", "Score", "Rank", "of", "Mean"]
    labels = result.sample.groups[group] if group else ()
    if group:
        head.append(f"Mean of {labels[u]}")
    if was and earlier is not None:
        head.append(f"Rank {earlier.meta['period'] or 'before'}")
    out = []
    for r in rows:
        depth = 0 if r["item"] == result.spec.root.id else result.spec.depth_of(r["item"])
        name = Markup("&emsp;" * depth + (f"<b>{as_html(r['name'])}</b>" if depth < 1 else as_html(r["name"])))
        cells: list[object] = [name, number(r["score"]), "" if r["rank"] is None else f"{r['rank']:g}", r["units"], number(r["mean"])]
        if group:
            score = result.score(r["item"])
            inside = np.array([x == labels[u] for x in labels]) & ~np.isnan(score)
            cells.append(number(float(score[inside].mean())) if inside.any() else "")
        if was and earlier is not None:
            cells.append(f"{was[r['item']]:g}" if r["item"] in was else "")
        out.append(cells)
    return table(head, out, numbers=range(1, len(head)))


def _indicators(result: IndexResult, found: list[dict[str, Any]]) -> str:
    units = {i.id: i.unit or "" for i in result.spec.indicators}
    head = ["Indicator", "Value", "Unit", "Score", "Rank", "Share of the index", ""]
    rows: list[list[object]] = []
    parent = None
    for r in found:
        if r["group"] != parent:
            parent = r["group"]
            rows.append([Markup(f"<b>{as_html(result.spec.label(parent))}</b>"), "", "", "", "", "", ""])
        marks = [w for k, w in (("is_strength", "strength"), ("is_weakness", "weakness")) if r[k]]
        marks += ["imputed" if r["is_missing"] else "carried forward"] if r["is_imputed"] else ["no data"] if r["is_missing"] else []
        value = r["denominated"] if r["denominated"] is not None else r["imputed"]
        share = f"{100 * r['weight']:.1f} %"
        rank = "" if r["rank"] is None else r["rank"]
        rows.append([r["name"], number(value), units[r["indicator"]], number(r["normalised"]), rank, share, ", ".join(marks)])
    return table(head, rows, numbers=(1, 3, 4, 5))


def method(result: IndexResult) -> str:
    """Method, source, notes and digests of an index as paragraphs."""
    m = result.meta
    out = [f"<p>{as_html(m['method'])}.</p>"]
    if m["source"]:
        out.append(f'<p class="muted">Source: {as_html(m["source"])}</p>')
    if m["note"]:
        out.append(f'<p class="muted">{as_html(m["note"])}</p>')
    if m["notes"]:
        out.append("<ul>" + "".join(f'<li class="muted">{as_html(n)}</li>' for n in m["notes"]) + "</ul>")
    out.append(f'<footer class="muted">Specification <code>{m["spec"][:16]}</code>, data <code>{m["data"][:16]}</code></footer>')
    return "".join(out)


def _drawn(result: IndexResult, unit: str, group: str | None) -> str:
    from armillary.charts.base import render, spec
    from armillary.charts.index_pictures import profile as picture

    # fonts on paper may be wider than those that the chart was measured with
    return render(spec(picture(result, unit, group).properties(padding={"left": 40, "top": 4, "right": 8, "bottom": 4})), "svg").decode()


def list_html(result: IndexResult, files: dict[str, str]) -> str:
    """The ranking with a link to each unit's page."""
    rows = []
    for r in result.table().to_pylist():
        name = Markup(f'<a href="{as_html(files[r["unit_id"]])}">{as_html(r["name"])}</a>') if r["unit_id"] in files else as_html(r["name"])
        rows.append([f"{r['rank']:g}", name, number(r["value"]), f"{100 * r['coverage']:.0f} %"])
    body = [f"<h1>{as_html(result.meta['title'])}</h1>", table(["Rank", "", "Score", "Data"], rows, numbers=(0, 2, 3)), method(result)]
    return page(result.meta["title"], body)


def write_reports(
    result: IndexResult,
    folder: Path,
    *,
    units: Sequence[str] = (),
    group: str | None = None,
    earlier: IndexResult | None = None,
    pdf: bool = False,
    charts: bool = True,
) -> list[Path]:
    """A page for each unit (all, if none is named) and ``index.html``, with PDF beside them if asked for; the files written."""
    chosen = [result.units[result.position(u)] for u in units] or list(result.units)
    folder.mkdir(parents=True, exist_ok=True)
    stems = {u: _stem(u) for u in chosen}
    twice = {s for s in stems.values() if list(stems.values()).count(s) > 1}
    stems = {u: f"{s}-{result.units.index(u) + 1}" if s in twice else s for u, s in stems.items()}
    out: list[Path] = []
    for u in chosen:
        page_ = unit_html(result, u, group=group, earlier=earlier, chart=charts)
        path = folder / f"{stems[u]}.html"
        durable.write(path, page_)
        out.append(path)
        if pdf:
            write_pdf(page_, path.with_suffix(".pdf"))
            out.append(path.with_suffix(".pdf"))
    top = folder / "index.html"
    durable.write(top, list_html(result, {u: f"{s}.html" for u, s in stems.items()}))
    return [*out, top]


def _stem(unit: str) -> str:
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", unit).strip("-.") or "unit"
    return f"unit-{stem}" if stem.casefold() == "index" else stem
