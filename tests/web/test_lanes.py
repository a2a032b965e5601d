"""Every page has a lane, and what is said of pictures holds of the pages."""

from __future__ import annotations

import inspect

import pytest

from armillary.web.lanes import PLAIN, WITHOUT_CHART, Lanes, usual
from armillary.web.opened import LONG, SHORT
from armillary.web.routes import PAGES

pytestmark = pytest.mark.usefixtures("app")


def test_pages_without_a_chart_are_those_whose_function_gives_none() -> None:
    without = {path for path, page in PAGES.items() if "chart=" not in inspect.getsource(page.function)}
    assert without >= WITHOUT_CHART - {"/dossier"}, WITHOUT_CHART - without
    assert set(PAGES) >= WITHOUT_CHART


@pytest.mark.parametrize(
    ("path", "lane"),
    [
        ("/rules/5", PLAIN),
        ("/static/style.css", PLAIN),
        ("/api/v1", PLAIN),
        ("/api/v1/ask", PLAIN),
        ("/", SHORT),
        ("/rankings/share/city", SHORT),
        ("/api/v1/rankings/share/city", SHORT),
        ("/robustness/share/city", LONG),
        ("/dossier", SHORT),
        ("/dossier/W1", LONG),
    ],
)
def test_usual_lane(path: str, lane: str) -> None:
    assert usual(path) == lane


def test_a_page_that_took_long_is_long_until_it_is_fast_again() -> None:
    lanes = Lanes(2.0)
    lanes.took("/map", 5.0)
    assert lanes.lane("/map") == LONG
    lanes.took("/map", 0.1)
    lanes.took("/map", 0.1)
    assert lanes.lane("/map") == SHORT
    lanes.took("/rules", 9.0)
    assert lanes.lane("/rules") == PLAIN
    for n in range(3000):
        lanes.took(f"/units/city/{n}", 1.0)
    assert len(lanes._took) == 2000
