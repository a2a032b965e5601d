"""Charts of the audit carry the numbers of the verdicts."""

from __future__ import annotations

from armillary.audit.audit import Audit, audit
from armillary.audit.language import builtin, read
from armillary.charts.base import spec
from armillary.charts.claims import claim_path, verdict_bars
from armillary.reports.audit import audit_html


def result() -> Audit:
    path = builtin("articles")
    assert path is not None
    return audit(read(path))


def _rows(chart: object) -> list[dict[str, object]]:
    return [row for data in spec(chart)["datasets"].values() for row in data]


def test_bars_add_up_to_the_claims() -> None:
    found = result()
    assert sum(int(str(r["claims"])) for r in _rows(verdict_bars(found))) == len(found.verdicts)


def test_the_path_rings_the_years_of_the_claim() -> None:
    verdict = next(v for v in result().verdicts if v.claim.id == "gii-34-14-11")
    ringed = {r["period"]: r["y"] for r in _rows(claim_path(verdict)) if r["stated"]}
    assert ringed == {2012: 34, 2019: 14, 2024: 11}


def test_a_comparison_shows_both_sides() -> None:
    verdict = next(v for v in result().verdicts if v.claim.id == "researchers-above-us-and-eu")
    names = {str(r["name"]) for r in _rows(claim_path(verdict))}
    assert names == {"China", "United States + European Union (27)"}


def test_the_page_has_the_charts_when_asked() -> None:
    found = result()
    assert "<svg" in audit_html(found, charts=True)
    assert "<svg" not in audit_html(found)
