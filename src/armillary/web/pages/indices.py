"""Composite indices, and the explorer with sliders for the weights."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Path, Query

from armillary.charts.ranking import ranked_bars
from armillary.errors import ArmillaryError, UsageError
from armillary.registry import world
from armillary.studies.world.yearly import Yearly
from armillary.web.grapher import Grapher, Measured, grapher, said
from armillary.web.i18n import gettext as _
from armillary.web.indices import Built, built, specs
from armillary.web.look import Look, LookDep
from armillary.web.page import Page
from armillary.web.routes import SiteDep, as_it_is, page
from armillary.web.site import Site
from armillary.web.worldwords import unit_name

NamePath = Annotated[str, Path(max_length=60, pattern=r"^[a-z0-9-]+$", description="Name of an index")]


@page("/indices", published=as_it_is, drawn=True)
def indices(site: SiteDep) -> Page:
    """The indices of this observatory."""
    import pyarrow as pa

    listed: list[dict[str, Any]] = []
    for name in specs(site):
        try:
            b = built(site, name)
        except ArmillaryError as error:
            listed.append({"index": name, "title": name, "units": None, "indicators": None, "problem": error.what})
            continue
        spec = b.result.spec
        listed.append(
            {"index": name, "title": spec.name or name, "units": len(b.result.units), "indicators": len(spec.indicators), "problem": None}
        )
    return Page(
        "indices.html",
        _("Indices"),
        pa.Table.from_pylist(listed) if listed else pa.table({}),
        {"data": site.data},
        context={"listed": listed},
    )


@page("/indices/{name}", published=as_it_is, drawn=True)
def explorer(
    site: SiteDep,
    name: NamePath,
    look: LookDep,
    w: Annotated[
        str,
        Query(
            max_length=200,
            pattern=r"^$|^\d{1,3}(\.\d{1,2})?(,\d{1,3}(\.\d{1,2})?)*$",
            description="Weights of the parts, in their order, joined by commas (0 to 100)",
        ),
    ] = "",
) -> Page:
    """One index: ranks with intervals, parts, and sliders that rank again while they move."""
    usual = built(site, name)
    weights = [float(x) for x in w.split(",")] if w else None
    if weights is not None:
        if len(weights) != len(usual.parts):
            raise UsageError(f"{len(weights)} weights for {len(usual.parts)} parts", fix="give one weight for each part")
        if not any(weights):
            raise UsageError("all weights are zero", fix="give at least one part a weight")
    now = built(site, name, weights) if weights else usual
    spec = now.result.spec
    rows = now.table.to_pylist()
    before = {r["unit_id"]: r["rank"] for r in usual.table.to_pylist()}
    place = {u: k for k, u in enumerate(now.result.units)}
    for r in rows:
        r["parts"] = [_finite(x) for x in now.scores[place[r["unit_id"]]]]
        r["move"] = before[r["unit_id"]] - r["rank"] if r["unit_id"] in before else None
    total = sum(now.weights) or 1.0
    parts = [
        {"id": p, "label": spec.label(p), "weight": round(100 * x / total, 1), "group": _group(now, p)}
        for p, x in zip(now.parts, now.weights, strict=True)
    ]
    meta = {
        "index": spec.name or name,
        "source": spec.source,
        "edition": spec.edition,
        "method": now.method,
        "rules": now.result.meta["method"],
        "notes": list(now.result.warnings),
        "draws": now.draws,
        "weights": dict(zip(now.parts, now.weights, strict=True)),
        "spec": spec.digest,
        "data_digest": now.result.data.digest,
        "digest": now.result.digest,
        "data": site.data,
    }
    g = scores(site, spec, now.table.to_pylist(), look)
    chart = ranked_bars(rows, title=spec.name or name, value_title=_("score"), top=25, from_zero=False)
    live = {
        "parts": [p["id"] for p in parts],
        "method": now.method,
        "usual": [round(100 * x / sum(usual.weights), 4) for x in usual.weights],
        "rows": [{"id": r["unit_id"], "name": r["name"], "rank": before.get(r["unit_id"]), "x": r["parts"]} for r in rows],
    }
    return Page(
        "index.html",
        spec.name or name,
        now.table,
        meta,
        chart=g.chart if g is not None and look.tab else chart,
        context={
            "g": g,
            "amount": lambda v: said(g.measured, g.shown, v) if g is not None else "",
            "needs_land": g is not None and g.can_map,
            "bars": chart,
            "rows": rows,
            "parts": parts,
            "built": now,
            "spec": spec,
            "name": name,
            "w": w,
            "live": live,
            "sliders": now.method in ("arithmetic", "geometric"),
            "needs_charts": True,
            "query": f"w={w}" if w else "",
            "draws": now.draws,
        },
    )


def scores(site: Site, spec: Any, rows: list[dict[str, Any]], look: Look) -> Grapher | None:
    """The scores of the one edition as a measure of the grapher: map, ranking, table, sources."""
    edition = re.search(r"\d{4}", spec.edition or "") or re.search(r"\d{4}", str(site.data.get("snapshot_date") or ""))
    if edition is None or not rows:
        return None
    year, countries = int(edition[0]), {c for c, u in world.units().items() if u.kind == "country"}
    is_of_countries = sum(r["unit_id"] in countries for r in rows) > 0.8 * len(rows) and not site.data.get("synthetic")
    yearly = Yearly(
        (year,),
        {r["unit_id"]: {year: float(r["value"])} for r in rows},
        {r["unit_id"]: {year: int(r["rank"])} for r in rows},
        {},
        is_total=False,
    )
    kind = "country" if is_of_countries else "unit"
    names = {r["unit_id"]: unit_name(r["unit_id"]) if is_of_countries and r["unit_id"] in countries else str(r["name"]) for r in rows}
    source = spec.source or str(site.data["name"])
    m = Measured(spec.name or "", _("score"), kind, yearly, names, year, source, 2, prefix="/countries/" if is_of_countries else "")
    return grapher(site, m, look)


def _group(found: Built, part: str) -> str:
    """The label of what a part belongs to, where that is not the index itself."""
    spec = found.result.spec
    parents = {i.id: i.parent for i in spec.indicators} | {g.id: g.parent for g in spec.groups}
    parent = parents.get(part)
    return spec.label(parent) if parent and parent != spec.root.id else ""


def _finite(x: Any) -> float | None:
    return float(x) if x == x else None
