"""The claims board: published sentences with their verdicts; and the card of one claim with all its evidence."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query

from armillary.audit.verdict import Verdict
from armillary.errors import UnknownNameError
from armillary.web import words
from armillary.web.claims import claim_files, is_builtin, judged
from armillary.web.i18n import gettext as _
from armillary.web.page import Page
from armillary.web.routes import Asked, SiteDep, as_it_is, page

LOOK = {"supported": "yes", "other-period": "mixed", "contradicted": "no", "not-decidable": "open"}
VERDICTS = {
    "supported": words.N_("supported"),
    "other-period": words.N_("true of another year or edition"),
    "contradicted": words.N_("contradicted"),
    "not-decidable": words.N_("not decidable"),
}
FilePath = Annotated[str, Path(max_length=60, pattern=r"^[a-z0-9-]+$", description="Name of a claims file")]


def row_of(verdict: Verdict) -> dict[str, Any]:
    """One line of the board's table."""
    return {
        "id": verdict.claim.id,
        "article": verdict.claim.article,
        "says": verdict.claim.says,
        "verdict": verdict.kind,
        "label": verdict.label,
        "found": verdict.outcome.found,
        "period": verdict.period,
        "evidence": None if verdict.evidence is None else verdict.evidence.title,
        "definitions": len(verdict.also),
        "definitions_true": sum(1 for a in verdict.also if a.truth),
    }


def whole_or_one_file(asked: Asked) -> bool:
    """The board of all claims, or of one file."""
    return not asked.choices or asked.choices.keys() == {"file"}


@page("/claims", published=whole_or_one_file)
def board(
    site: SiteDep,
    file: Annotated[str, Query(max_length=60, pattern=r"^[a-z0-9-]*$", description="Claims file")] = "",
    verdict: Annotated[str, Query(max_length=20, pattern=r"^[a-z-]*$", description="Show only this verdict")] = "",
) -> Page:
    """Every claim of a file with its verdict, contradictions first."""
    import pyarrow as pa

    files = claim_files(site)
    name = file or next((f for f in files if not is_builtin(site, f)), next(iter(files), ""))
    if not name:
        return Page(
            "claims.html",
            _("Claims"),
            pa.table({}),
            context={"audit": None, "files": [], "file": "", "verdict": "", "look": LOOK, "names": VERDICTS, "real": False},
        )
    audit = judged(site, name)
    if verdict and verdict not in LOOK:
        raise UnknownNameError("verdict", verdict, LOOK)
    shown = [v for v in audit.ordered if not verdict or v.kind == verdict]
    body = audit.as_dict()
    meta = {k: body[k] for k in ("title", "counts", "articles", "consistency", "claims_sha256", "audit_sha256")} | {"data": site.data}
    return Page(
        "claims.html",
        _(audit.file.title) if audit.file.title else _("Claims"),
        pa.Table.from_pylist([row_of(v) for v in shown]),
        meta,
        context={
            "audit": audit,
            "shown": shown,
            "files": list(files),
            "file": name,
            "verdict": verdict,
            "look": LOOK,
            "names": VERDICTS,
            "real": is_builtin(site, name) and bool(site.data.get("synthetic")),
        },
    )


@page("/claims/{file}/{claim}", published=as_it_is)
def card(
    site: SiteDep, file: FilePath, claim: Annotated[str, Path(max_length=80, pattern=r"^[A-Za-z0-9_-]+$", description="Id of a claim")]
) -> Page:
    """One claim: verdict, what was found, under which definitions and years it would hold, the cells and sources it rests on."""
    import pyarrow as pa

    from armillary.charts.lines import values_over_time

    audit = judged(site, file)
    found = next((v for v in audit.verdicts if v.claim.id == claim), None)
    if found is None:
        raise UnknownNameError("claim", claim, [v.claim.id for v in audit.verdicts])
    body = found.as_dict()
    path = [{"period": p["period"], "value": _plain(p["value"]), "unit_id": p["unit"], "name": p["unit"]} for p in body["path"]]
    known = {(p["unit_id"], p["period"]) for p in path if p["value"] is not None}
    is_whole = len(known) > 2 and len(known) == len(path)
    chart = values_over_time(path, title=_(found.claim.says)[:100], value_title=_("value")) if is_whole else None
    article = audit.file.articles.get(found.claim.article or "")
    cells = pa.Table.from_pylist(
        [{k: (v if v is None or isinstance(v, (int, float, str)) else str(v)) for k, v in c.items()} for c in body["cells"]]
        or [row_of(found)]
    )
    return Page(
        "claim.html",
        _(found.claim.says)[:100],
        cells,
        {**body, "data": site.data},
        chart=chart,
        context={
            "v": found,
            "body": body,
            "file": file,
            "article": article,
            "look": LOOK,
            "names": VERDICTS,
            "line": chart,
            "needs_charts": chart is not None,
            "real": is_builtin(site, file) and bool(site.data.get("synthetic")),
        },
    )


def _plain(text: Any) -> float | None:
    """A printed value as a number for the chart; None where it is a bound or a range ("more than 0.5")."""
    try:
        return float(str(text).replace(",", ""))
    except ValueError:
        return None
