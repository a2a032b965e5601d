"""The API keeps to its own description: schemathesis calls every operation, and every query parameter is fed what it was not made for."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import HealthCheck, given, settings

from armillary.observatory import open_observatory
from armillary.web.api.v1 import description

# starlette's test client, which schemathesis calls the application through, announces its successor
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::ResourceWarning")

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed (test-time only)")
PAGES_WITH_PARAMETERS = {
    "/rankings/share/city": (
        "period",
        "subject",
        "counting",
        "scope",
        "option",
        "q",
        "sort",
        "page",
        "per",
        "against",
        "focus",
        "intervals",
    ),
    "/map": ("indicator", "unit", "show", "period", "subject"),
    "/path/share/city": ("focus", "top", "step", "subject"),
    "/records/share/country/CN": ("page", "work", "period"),
    "/collaboration": ("unit", "by", "period", "subject", "focus", "show"),
    "/claims": ("file", "verdict"),
    "/indices/research-profile": ("w",),
    "/compare/country": ("ids", "period"),
    "/api/v1/rankings/share/city": ("period", "subject", "counting", "scope", "option", "q", "sort", "page", "per", "intervals"),
    "/api/v1/records/share/country/CN": ("page", "per", "period"),
    "/api/v1/units/city": ("q", "per"),
}
NASTY = (
    "",
    "0",
    "-1",
    "1e9",
    "99999999999999999999",
    "NaN",
    "null",
    "true",
    "'",
    '"',
    "';DROP TABLE work;--",
    "1 OR 1=1",
    "<script>alert(1)</script>",
    "../../../etc/passwd",
    "..%2f..%2f",
    "%00",
    "%0d%0aSet-Cookie:x=1",
    "{{7*7}}",
    "${7*7}",
    "a" * 300,
    "%F0%9F%98%80",
    "%ff%fe",
    "北京",
    "%25",
    "2024-",
    "-",
    "2024-2023",
    "all",
    "share",
    "=1+1",
    "x=y",
    "x=",
    "citations=0",
    "window=-5",
    "counting:full",
    "scope:../../x",
    "[]",
    "{}",
    "*",
    "?",
)


@pytest.fixture(scope="module")
def schema(app):

    async def adapter(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await app(scope, receive, send)

    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", adapter)


@pytest.mark.parametrize("path", sorted(description()["paths"]))
def test_api_keeps_to_its_description(schema, path):
    """Status codes, content types and bodies are the documented ones, for inputs drawn from the description and around it."""

    @settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=schema[path]["GET"].as_strategy())
    def check(case):
        case.call_and_validate()

    check()


@pytest.mark.parametrize("path", PAGES_WITH_PARAMETERS)
def test_every_query_parameter_takes_anything(get, path):
    """Refused or ignored, never broken: no answer is 500, and nothing comes back as markup or as a header."""
    rng = random.Random(5)
    for name in PAGES_WITH_PARAMETERS[path]:
        for value in NASTY:
            answer = get(f"{path}?{name}={value}")
            assert answer.status in (200, 400, 404, 414, 422), (name, value, answer.text[:300])
            is_html = answer.headers["content-type"].startswith("text/html")
            assert not (is_html and "<script>alert" in answer.text) and "set-cookie" not in answer.headers
            assert is_html or answer.headers["x-content-type-options"] == "nosniff"
            assert "Traceback" not in answer.text
    for _ in range(15):
        pairs = "&".join(
            f"{n}={rng.choice(NASTY)}" for n in rng.sample(PAGES_WITH_PARAMETERS[path], min(3, len(PAGES_WITH_PARAMETERS[path])))
        )
        assert get(f"{path}?{pairs}").status in (200, 400, 404, 414, 422), pairs


def test_description_has_examples_and_problems():
    spec = description()
    assert spec["openapi"].startswith("3.")
    assert len(spec["paths"]) >= 8
    for path, item in spec["paths"].items():
        assert set(item) == {"get"}, path
        operation = item["get"]
        assert operation["summary"] and operation["description"]
        assert "application/problem+json" in operation["responses"]["404"]["content"]
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (path, parameter["name"])
    named = [
        p for item in spec["paths"].values() for p in item["get"].get("parameters", []) if p["name"] in ("indicator", "unit", "period")
    ]
    assert all("examples" in p["schema"] or "examples" in p for p in named)


def test_ranking_is_paged_and_equal_to_the_spine(get, small):
    ranking = open_observatory(small).rank("share", unit="institution", period="2020-2024")
    rows, target = [], "/api/v1/rankings/share/institution?period=2020-2024&per=7&intervals=0"
    while target:
        body = get(target).json()
        assert len(body["rows"]) <= 7 and body["meta"]["recipe"] == ranking.recipe.digest
        rows += body["rows"]
        target = body["next"] and body["next"] + "&intervals=0"
    assert rows == [{k: r[k] for k in rows[0]} for r in ranking.arrow.to_pylist()]


def test_records_add_up_and_page(get, small):
    explained = open_observatory(small).explain(open_observatory(small).recipe("share", unit="country"), "CN")
    body = get("/api/v1/records/share/country/CN?per=200").json()
    assert (body["num"], body["records"]) == (explained.num, explained.records)
    assert body["next"] and get(body["next"]).json()["page"] == 2


def test_why_not_names_the_reason(get):
    body = get("/api/v1/why-not/share/country/W1000097").json()
    assert body == {"work_id": "W1000097", "counts": False, "reason": "retracted", "sentence": "retracted", "contributions": []}
    assert get("/api/v1/why-not/share/country/W999").json()["reason"] == "not_in_data"


def test_units_are_found_by_name(get):
    body = get("/api/v1/units/city?q=bei").json()
    assert body["rows"] == [{"unit_id": "c0-beijing", "name": "Beijing"}] and body["total"] == 1


def test_llms_txt_says_which_data_these_are_and_where(get):
    answer = get("/llms.txt")
    assert answer.status == 200
    assert "snapshot" in answer.text
    links = re.findall(r"\]\(([^)]+)\)", answer.text)
    assert [name for name in links[:3] + links[-2:] if get(f"/{name}").status != 200] == []
