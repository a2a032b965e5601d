"""A client of the official SDK talks to the server: from a question to its answer with sources, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

pytest.importorskip("mcp")

from mcp import Client

from armillary.agents.answers import LARGEST
from armillary.agents.server import server
from armillary.core.frame import KINDS
from armillary.observatory import Observatory
from support.tiny import observatory

Calls = list[tuple[str, dict[str, Any]]]


def session(calls: Calls, obs: Observatory | None = None) -> list[Any]:
    """Results of the calls of one session."""

    async def talk() -> list[Any]:
        async with Client(server(obs)) as client:
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return anyio.run(talk)


def one(tool: str, obs: Observatory | None = None, /, **arguments: Any) -> dict[str, Any]:
    (result,) = session([(tool, arguments)], obs)
    assert not result.is_error, result.content
    found = result.structured_content
    assert found["sources"], "every answer says its source"
    assert isinstance(found["warnings"], list)
    return dict(found)


def refused(tool: str, obs: Observatory | None = None, /, **arguments: Any) -> str:
    (result,) = session([(tool, arguments)], obs)
    assert result.is_error
    return str(result.content[0].text)


@pytest.fixture
def obs(tmp_path: Path) -> Observatory:
    papers = [{"id": 1, "authors": [[[1]], [[2]]]}, {"id": 2, "authors": [[[1]]]}, {"id": 3, "authors": [[[2]]], "is_retracted": True}]
    return observatory(tmp_path, papers, {1: "CN", 2: "US"})


def test_is_india_third_in_papers() -> None:
    found, ranking, path, asked = session(
        [
            ("find", {"text": "scientific articles India"}),
            ("rank", {"name": "series:articles-fractional", "limit": 5}),
            ("series", {"name": "articles-fractional", "unit": "India"}),
            ("ask", {"sentence": "India is the third largest producer of scientific papers."}),
        ]
    )
    rows = found.structured_content["rows"]
    assert {"kind": "country", "id": "IN"}.items() <= rows[0].items()
    assert any(r["id"].startswith("articles-fractional") for r in rows)
    top = ranking.structured_content
    assert [r["unit_id"] for r in top["rows"][:3]] == ["CN", "US", "IN"]
    assert top["next_offset"] == 5
    assert top["left_out"] == top["total"] - 5
    last = path.structured_content["rows"][-1]
    assert last["rank"] == 3
    answer = asked.structured_content
    assert answer["verdict"] == "supported"
    assert any("Science" in s for s in answer["sources"])


def test_tools_only_read_and_say_what_they_take() -> None:
    async def talk() -> Any:
        async with Client(server()) as client:
            return (await client.list_tools()).tools

    tools = anyio.run(talk)
    assert [t.name for t in tools] == ["find", "rank", "explain", "compare", "series", "ask", "why_not", "method"]
    for tool in tools:
        assert tool.annotations.read_only_hint
        assert tool.description
        assert not {"file", "path", "folder", "out"} & set(tool.input_schema["properties"])


def test_records_and_reasons(obs: Observatory) -> None:
    ranking = one("rank", obs, name="count", counting="full")
    assert [(r["unit_id"], r["value"]) for r in ranking["rows"] if r["rank"]] == [("CN", 2.0), ("US", 1.0)]
    records = one("explain", obs, name="count", unit_id="China", counting="full")
    assert (records["value"], records["records"], sum(r["credit"] for r in records["rows"])) == (2.0, 2, 2.0)
    both = one("compare", obs, name="count", units=["US", "China"], counting="full")
    assert [(r["unit_id"], r["difference"], r["ratio"]) for r in both["rows"]] == [("US", 0.0, 1.0), ("CN", 1.0, 2.0)]
    dropped = one("why_not", obs, name="count", work="W3")
    assert dropped["counts"] is False
    assert "retracted" in dropped["sentence"]
    assert KINDS[obs.data_version["kind"]] in dropped["sources"][0]


@pytest.mark.parametrize("name", ["5.4", "pp-top10", "author-fractional", "gerd-gdp"])
def test_methods(name: str) -> None:
    assert one("method", name=name)["id"]


def test_resources() -> None:
    async def talk() -> Any:
        async with Client(server()) as client:
            listed = (await client.list_resources()).resources
            read = [await client.read_resource(r.uri) for r in listed]
            rule = await client.read_resource("armillary://methods/5.4")
            with pytest.raises(Exception, match=r"[Uu]nknown"):
                await client.read_resource("armillary://methods/..%2F..%2Fetc%2Fpasswd")
            return read, rule

    read, rule = anyio.run(talk)
    assert any("gerd-gdp" in r.contents[0].text for r in read)
    assert rule.contents[0].text.startswith("## 5.4 Indicators")


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("rank", {"name": "count"}, "no observatory"),
        ("rank", {"name": "series:gerd-gdp", "limit": 100_000}, "200"),
        ("rank", {"name": "series:gerd-gdp", "limit": -1}, "1"),
        ("rank", {"name": "series:gerd-gdp", "counting": "full"}, "leave out counting"),
        ("rank", {"name": "series:gerd-gdp", "file": "/etc/passwd"}, "unknown argument"),
        ("rank", {"name": "series:../../etc/passwd"}, "unknown series"),
        ("series", {"name": "gerd-gdp", "unit": "Atlantis"}, "Atlantis"),
        ("series", {"name": "gerd-gdp", "unit": "KR", "year": 2020}, "exclude each other"),
        ("compare", {"name": "series:gerd-gdp", "units": ["KR"]}, "2"),
        ("compare", {"name": "series:gerd-gdp", "units": ["KR"] * 500}, "20"),
        ("compare", {"name": "series:gerd-gdp", "units": ["KR", "South Korea"]}, "different"),
        ("ask", {"sentence": "x" * 5_000}, "2000"),
        ("ask", {"sentence": "x" * 100_000}, "larger"),
        ("ask", {"sentence": "   "}, "empty"),
        ("ask", {"sentence": "India is third.", "date": "yesterday"}, "no date"),
        ("method", {"name": "99.99"}, "unknown"),
        ("find", {"text": ""}, "1"),
        ("explain", {"name": "series:gerd-gdp", "unit_id": "KR"}, "no records"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(name: str, arguments: dict[str, Any], says: str) -> None:
    said = refused(name, **arguments)
    assert says in said.casefold() or says in said
    assert "Traceback" not in said
    assert len(said) < 2_000


@pytest.mark.parametrize("word", ["scope", "subject", "period", "counting", "unit"])
@pytest.mark.parametrize("value", ["/etc/passwd", "../evil.toml", "'; DROP TABLE work; --", "\x1b[2J", "A" * 120])
def test_no_argument_reaches_a_file_or_the_engine(obs: Observatory, word: str, value: str) -> None:
    said = refused("rank", obs, name="count", **{word: value})
    assert str(obs.path) not in said
    assert "\x1b" not in said


def test_answers_are_bounded() -> None:
    big = one("rank", name="series:gerd-gdp", limit=200)
    assert len(json.dumps(big)) < LARGEST + 2_000
    everything = one("find", text="a e i o u the of papers articles share", limit=200)
    assert len(json.dumps(everything, ensure_ascii=False).encode()) <= LARGEST + 2_000
    assert everything["total"] == len(everything["rows"]) + everything["left_out"]
