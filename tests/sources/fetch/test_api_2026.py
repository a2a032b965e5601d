"""The API as it is since 2026: allowances, refusals in the server's own words, pieces, samples, groups, corpora, prices."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.cli.main import run
from armillary.errors import FetchError, UsageError
from armillary.sources.fetch import api
from armillary.sources.fetch.allowance import Account, money
from armillary.sources.fetch.asking import Api
from armillary.sources.fetch.faults import Policy
from armillary.sources.fetch.query import Selection
from armillary.sources.fetch.words import MOST, Meaning, meaning, said_in


def fetch(server: Any, out: Path, *more: str) -> int:
    """A fetch that waits little; the filter is the year of all test works unless another is given."""
    wanted = () if any(m in ("--filter", "--search", "--sample") for m in more) else ("--filter", "publication_year:2024")
    patience = ("--rate", "100", "--retry-wait", "0.01", "--attempts", "3", "--longest-wait", "5")
    return run(["fetch", "openalex", "--out", str(out), "--base", server.base, "--per-page", "5", *wanted, *patience, *more])


def lines(out: Path) -> list[bytes]:
    return [x for p in sorted((out / "works").glob("part_*.gz")) for x in gzip.decompress(p.read_bytes()).splitlines()]


def asked(server: Any) -> int:
    return sum(method == "GET" for method, *_ in server.log)


def error(text: str, kind: str = "error") -> bytes:
    return json.dumps({"error": kind, "message": text}).encode()


BUDGET = "Insufficient budget. This request costs $0.0001 but you only have $0 remaining. Resets at midnight UTC."
REFUSALS = [
    (429, {}, error('The "from_updated_date" filter requires a Premium plan.', "Plan upgrade required"), 1, "requires a Premium plan"),
    (429, {}, b"Upgrade your subscription", 1, "Upgrade your subscription"),
    (429, {}, b"<html><body><h1>Not available on your plan</h1></body></html>", 1, "Not available on your plan"),
    (429, {}, error("no such thing for you", "nope"), 2, "no such thing for you"),
    (429, {}, error(BUDGET, "Rate limit exceeded"), 1, "Insufficient budget"),
    (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "3600"}, error("Rate limit exceeded"), 1, r"renewed \(in 1 h 0 min\)"),
    (429, {"X-RateLimit-Remaining": "0"}, error("Plan upgrade required"), 1, "another plan"),
    (429, {"Retry-After": "57539"}, error(BUDGET), 1, r"Insufficient budget.*asks to wait 57,539 seconds"),
    (429, {}, b"", 3, "too many requests"),
    (429, {"Retry-After": "soon"}, error("Too many requests per second"), 3, "per second"),
    (400, {}, error("foo is not a valid field. Valid fields are ...", "Invalid query parameters error."), 1, "Invalid query.*Valid fields"),
    (401, {}, error("Invalid or missing API key"), 2, "Invalid or missing API key.*OPENALEX_API_KEY"),
    (402, {}, error("Payment required: add funds"), 1, "Payment required"),
    (403, {}, error("Your key is not active"), 1, "HTTP 403: error: Your key is not active"),
    (404, {}, error("no such endpoint"), 1, "no such endpoint"),
    (414, {}, error("URI too long"), 1, "URI too long"),
    (500, {}, error("the index is rebuilding"), 3, "the index is rebuilding"),
    (503, {"Retry-After": "86400"}, error("maintenance until tomorrow"), 1, "maintenance until tomorrow.*86,400"),
    (500, {}, b'{"error": "a long one", "trace": "' + b"x" * 100_000, 3, "a long one"),
    (502, {}, b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>", 3, "502 Bad Gateway nginx"),
]


@pytest.mark.parametrize(("status", "headers", "body", "requests", "said"), REFUSALS)
def test_a_refusal_is_said_in_the_servers_words(
    server: Any,
    works: list[bytes],
    tmp_path: Path,
    capsys: Any,
    status: int,
    headers: dict[str, str],
    body: bytes,
    requests: int,
    said: str,
) -> None:
    """What never gets better is asked once; the exit code is 2 and the message one line."""
    import re

    server.records["works"] = works
    server.faults["/works"] = [("status", status, headers, body)] * 9
    assert fetch(server, tmp_path) == 2
    err = capsys.readouterr().err
    assert re.search(said, err), err
    assert err.count("\n") == 1
    assert asked(server) == requests


def test_what_passes_is_waited_for(server: Any, works: list[bytes], tmp_path: Path) -> None:
    server.records["works"] = works
    past = "Wed, 21 Oct 2015 07:28:00 GMT"
    server.faults["/works"] = [
        ("status", 429, {"Retry-After": "0.05"}, error("Rate limit exceeded")),
        ("status", 429, {"Retry-After": past}, error("Plan upgrade required")),
        ("none",),
        ("status", 500, {}),
        ("pages", b"<html>we are busy</html>"),
        ("none",),
        ("cut", 30),
    ]
    assert fetch(server, tmp_path) == 0
    assert lines(tmp_path) == works


GONE = {"X-RateLimit-Remaining": "0", "X-RateLimit-Remaining-USD": "0"}


@pytest.mark.parametrize(
    ("headers", "goes_on"),
    [
        (GONE | {"X-RateLimit-Onetime-Remaining": "5000", "X-RateLimit-Prepaid-Remaining-USD": "0.5"}, True),
        (GONE | {"X-RateLimit-Onetime-Remaining": "0", "X-RateLimit-Prepaid-Remaining-USD": "0.5"}, True),
        (GONE | {"X-RateLimit-Onetime-Remaining": "12"}, True),
        (GONE | {"X-RateLimit-Prepaid-Remaining-USD": "unlimited"}, True),
        ({"X-RateLimit-Remaining-USD": "0.0004"}, True),
        ({"X-RateLimit-Remaining": "a lot"}, True),
        ({"X-RateLimit-Limit": "0"}, True),
        ({}, True),
        ({"x-ratelimit-remaining": "7"}, True),
        (GONE, False),
        ({"X-RateLimit-Remaining": "0"}, False),
        ({"X-RateLimit-Remaining-USD": "0"}, False),
        ({"X-RateLimit-Remaining-USD": "0", "X-RateLimit-Prepaid-Remaining-USD": "0"}, False),
        (GONE | {"X-RateLimit-Onetime-Remaining": "0", "X-RateLimit-Prepaid-Remaining-USD": "0.0"}, False),
    ],
)
def test_it_goes_on_while_any_allowance_is_left(
    server: Any, works: list[bytes], tmp_path: Path, capsys: Any, headers: dict[str, str], goes_on: bool
) -> None:
    server.records["works"], server.headers = works, headers
    assert fetch(server, tmp_path) == (0 if goes_on else 2)
    err = capsys.readouterr().err
    if goes_on:
        assert lines(tmp_path) == works
        return
    assert "allowance is used up after 5 of 23 records. When it is renewed (daily), run the same command again" in err
    assert asked(server) == 1
    server.headers = {}
    assert fetch(server, tmp_path) == 0
    assert lines(tmp_path) == works


def test_the_price_is_said_before_and_after(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    """By the list before, by what the server charged after."""
    server.records["works"] = works
    assert fetch(server, tmp_path, "--dry-run") == 0
    assert "5 requests (this run may make 10,000)\n  price: 5 credits ($0.0005)" in capsys.readouterr().out
    assert fetch(server, tmp_path, "--search", "dogs", "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out)["usd"] == pytest.approx(0.005)
    server.headers = {"X-RateLimit-Credits-Used": "10", "X-RateLimit-Remaining": "90", "X-RateLimit-Prepaid-Remaining-USD": "2.5"}
    assert fetch(server, tmp_path) == 0
    said = capsys.readouterr().out
    assert "5 requests, 50 credits ($0.005)" in said
    assert "allowance left: 90 credits of the day, $2.50 prepaid" in said


@pytest.mark.parametrize(
    ("usd", "text"), [(0, "$0.00"), (0.0001, "$0.0001"), (0.5, "$0.50"), (0.04, "$0.04"), (1.0, "$1.00"), (1234.5, "$1,234.50")]
)
def test_money(usd: float, text: str) -> None:
    assert money(usd) == text


def test_the_account_adds_up() -> None:
    account = Account()
    for headers in ({"X-RateLimit-Credits-Used": "10"}, {"X-RateLimit-Cost-USD": "0.001"}, {}):
        account.note(headers, 0.0001)
    assert account.credits == pytest.approx(21)
    assert account.usd == pytest.approx(0.0021)
    assert not account.is_used_up
    assert account.rest is None


def test_answers_come_packed(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    server.records["works"] = works
    assert fetch(server, tmp_path, "--json") == 0
    assert json.loads(capsys.readouterr().out)["network_bytes"] < 0.6 * sum(map(len, works))
    assert all(h["Accept-Encoding"] == "gzip" for h in server.gets("/works"))


def test_a_bomb_is_refused_at_once(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    server.records["works"] = works
    server.faults["/works"] = [("bomb",)]
    assert fetch(server, tmp_path) == 2
    assert "never ends (more than 134,217,728 bytes)" in capsys.readouterr().err
    assert asked(server) == 1


@pytest.mark.parametrize("loops", ["*", "c5", "new"])
def test_a_cursor_that_never_ends(server: Any, works: list[bytes], tmp_path: Path, capsys: Any, loops: str) -> None:
    """The same cursor again, or ever new ones for pages that came already."""
    server.records["works"], server.loops = works, loops
    assert fetch(server, tmp_path) == 2
    assert "the cursor goes in a circle" in capsys.readouterr().err
    assert asked(server) < 15


def test_the_last_page_may_be_empty(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    server.records["works"] = works[:10]
    assert fetch(server, tmp_path) == 0
    assert lines(tmp_path) == works[:10]
    assert asked(server) == 3


def test_a_set_that_changes_meanwhile_is_said(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    server.records["works"] = works
    server.moves = [lambda: None, lambda: None, lambda: server.records.update(works=works[2:])]
    assert fetch(server, tmp_path) == 0
    assert "the API says there are 21: the result set changed while it was read" in capsys.readouterr().out


def test_all_options_go_to_the_api(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    server.records["works"] = works
    more = ("--corpus", "all", "--search", "bees", "--search-in", "title", "--sort", "cited_by_count:desc", "--select", "doi,type")
    assert fetch(server, tmp_path, *more, "--filter", "publication_year:2024") == 0
    _, _, _, query = server.log[0]
    assert query == {
        "filter": ["publication_year:2024"],
        "corpus": ["all"],
        "search.title": ["bees"],
        "sort": ["cited_by_count:desc"],
        "select": ["id,doi,type"],
        "per_page": ["5"],
        "cursor": ["*"],
    }
    assert [json.loads(x)["id"] for x in lines(tmp_path)] == [json.loads(x)["id"] for x in reversed(works)]
    assert "not selected, so the ingest will not know them: publication_year, authorships" in capsys.readouterr().out


@pytest.mark.parametrize(
    "more",
    [
        ("--seed", "3"),
        ("--search-in", "title"),
        ("--corpus", "all", "--entity", "sources"),
        ("--sample", "5", "--sort", "cited_by_count"),
        ("--group-by", "type", "--select", "id"),
        ("--group-by", "type", "--complete-authors"),
        ("--filter", "publication_year"),
        ("--filter", "doi:!" + "|!".join(f"10.1/{k}" for k in range(101))),
        ("--search", "x" * 9000),
    ],
)
def test_what_would_have_no_effect_is_refused(server: Any, works: list[bytes], tmp_path: Path, capsys: Any, more: tuple[str, ...]) -> None:
    server.records["works"] = works
    assert fetch(server, tmp_path, *more) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not server.log


def test_a_sample_is_paged_by_number(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    server.records["works"] = works
    assert fetch(server, tmp_path, "--sample", "12", "--seed", "7", "--json") == 0
    assert lines(tmp_path) == random.Random("7").sample(works, 12)
    assert json.loads(capsys.readouterr().out)["expected"] == 12
    assert [q["page"][0] for *_, q in server.log] == ["1", "2", "3"]
    assert all("cursor" not in q for *_, q in server.log)
    assert fetch(server, tmp_path / "b", "--sample", "12", "--max-requests", "1") == 2
    assert fetch(server, tmp_path / "b", "--sample", "12") == 0
    assert lines(tmp_path / "b") == random.Random("0").sample(works, 12)


def test_without_a_key_cursors_may_be_refused(server: Any, works: list[bytes], tmp_path: Path, monkeypatch: Any) -> None:
    """Then pages are asked for by number, as far as that goes; with a key a refusal is a refusal."""
    server.records["works"], server.needs_key = works, True
    assert fetch(server, tmp_path, "--dry-run") == 0
    assert fetch(server, tmp_path, "--max-requests", "3") == 2
    assert fetch(server, tmp_path) == 0
    assert lines(tmp_path) == works
    monkeypatch.setenv("OPENALEX_API_KEY", "a-key")
    assert fetch(server, tmp_path / "b") == 0
    assert lines(tmp_path / "b") == works


def test_without_a_key_not_all_can_be_had(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    server.records["works"], server.needs_key = works * 500, True
    assert fetch(server, tmp_path) == 2
    assert "without a key only the first 10,000 of 11,500 records" in capsys.readouterr().err


def test_a_long_list_of_values_is_asked_in_pieces(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    """A file of values; a record that answers several pieces is kept once, also after an interruption."""
    server.records["works"] = works
    dois = tmp_path / "dois.txt"
    dois.write_text("\n".join(["", *(f"https://doi.org/10.5555/{k}" for k in range(240)), "https://doi.org/10.5555/0"]))
    assert fetch(server, tmp_path / "a", "--filter", f"doi:@{dois},publication_year:2024", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["pieces"], said["records"]) == (3, 23)
    assert lines(tmp_path / "a") == works
    countries = "|".join(["ch", *(f"x{k}" for k in range(99)), "CH"])
    more = ("--filter", f"authorships.countries:{countries}", "--per-file", "7")
    assert fetch(server, tmp_path / "b", *more, "--max-requests", "6") == 2
    assert fetch(server, tmp_path / "b", *more, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["records"], said["twice"], said["expected"]) == (23, 23, 46)
    assert lines(tmp_path / "b") == works
    assert fetch(server, tmp_path / "c", *more, "--sort", "doi") == 2
    assert "asked in 2 pieces, and --sort would be kept within each only" in capsys.readouterr().err


def test_a_bad_list_of_values_names_the_line(server: Any, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "x").write_text("10.1/a\n10.1/b|c\n")
    assert fetch(server, tmp_path, "--filter", f"doi:@{tmp_path / 'x'}") == 2
    assert f"{tmp_path / 'x'}:2: '10.1/b|c' has a comma or a bar" in capsys.readouterr().err
    assert fetch(server, tmp_path, "--filter", "doi:@nowhere.txt") == 2
    assert "nowhere.txt: cannot be read" in capsys.readouterr().err


VALUE = st.text(st.characters(codec="utf-8", exclude_characters=',|"!:@', exclude_categories=("Z", "Cc")), min_size=1, max_size=60)


@given(st.lists(VALUE, min_size=1, max_size=400, unique=True), st.lists(VALUE, min_size=1, max_size=130, unique=True))
def test_pieces_are_short_and_together_the_whole(first: list[str], second: list[str]) -> None:
    """Each pair of values is asked for exactly once; no list is above 100 values, no address above 8,190 bytes with room for the key."""
    query = Selection(filter=f"doi:{'|'.join(first)},is_oa:true,institutions.id:{'|'.join(second)}", base="https://example.org")
    seen: set[tuple[str, str]] = set()
    for piece in query.pieces():
        address = f"{query.address}?{urlencode(piece)}"
        assert len(address) + 700 <= 8190
        a, oa, b = parse_qs(urlsplit(address).query)["filter"][0].split(",")
        assert oa == "is_oa:true"
        lists = [x.partition(":")[2].split("|") for x in (a, b)]
        assert max(map(len, lists)) <= 100
        pairs = {(x, y) for x in lists[0] for y in lists[1]}
        assert not pairs & seen
        seen |= pairs
    assert seen == {(x, y) for x in first for y in second}


def test_a_filter_keeps_what_is_quoted_together() -> None:
    (piece,) = Selection(filter='title.search:"bees, wasps"|ants,type:article').pieces()
    assert piece["filter"] == 'title.search:"bees, wasps"|ants,type:article'
    assert Selection(filter="default.search:bees").is_search
    assert Selection(filter="type:article", search="x").is_search
    assert not Selection(filter="type:article").is_search
    with pytest.raises(UsageError, match="is no filter"):
        Selection(filter="type:article,:x").pieces()


def test_groups_become_a_table(server: Any, tmp_path: Path, capsys: Any) -> None:
    """All of them, over several pages of 200, largest first; an ingest does not take them for records."""
    year = {"publication_year": 2024}
    records = [{"id": f"https://openalex.org/W{k}", **year, "authorships": [{"institutions": [{"id": f"I{k % 450}"}]}]} for k in range(700)]
    server.records["works"] = [json.dumps(r).encode() for r in records]
    assert fetch(server, tmp_path, "--group-by", "authorships.institutions.id") == 0
    said = capsys.readouterr().out
    assert "450 groups of 700 works; 3 requests, 3 credits ($0.0003)" in said
    table = (tmp_path / "works_by_authorships.institutions.id.csv").read_text().splitlines()
    assert table[0] == "key,name,count"
    assert len(table) == 451
    assert table[1] == "I0,the I0,2"
    assert sum(int(row.rsplit(",", 1)[1]) for row in table[1:]) == 700
    assert fetch(server, tmp_path, "--group-by", "authorships.institutions.id") == 0
    assert asked(server) == 3
    server.needs_key = True
    assert fetch(server, tmp_path / "b", "--group-by", "publication_year") == 0
    assert (tmp_path / "b" / "works_by_publication_year.csv").read_text().splitlines()[1:] == ["2024,the 2024,700"]
    assert fetch(server, tmp_path / "c", "--group-by", "authorships.institutions.id") == 2
    assert "without a key only the 200 largest groups can be had" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("Plan upgrade required: the filter requires a plan", Meaning.PLAN),
        ("This feature is not available with your API key", Meaning.PLAN),
        ("Insufficient budget. Upgrade your plan", Meaning.BUDGET),
        ("You have used your daily credits", Meaning.BUDGET),
        ("Too many requests", Meaning.RATE),
        ("", Meaning.RATE),
        ("Too many requests for your plan", Meaning.UNCLEAR),
        ("computer says no", Meaning.UNCLEAR),
    ],
)
def test_what_a_429_means(said: str, means: Meaning) -> None:
    assert meaning(said) is means


@given(st.text(min_size=6), st.text(), st.sampled_from(["json", "html", "text", "deep"]))
def test_words_are_one_short_line_without_the_key(secret: str, around: str, form: str) -> None:
    text = f"{around}{secret} "
    shapes: dict[str, Any] = {"json": {"error": text, "message": [text]}, "deep": {"errors": [{"detail": {"message": text}}]}}
    content = json.dumps(shapes[form]) if form in shapes else f"<p>{text}</p>" if form == "html" else text
    said = said_in(content.encode("utf-8", "replace"), secret)
    assert secret not in said or secret in "***" or not secret.strip()
    assert len(said) <= MOST
    assert said == " ".join(said.split())


@given(st.binary(max_size=400))
def test_any_answer_has_words(content: bytes) -> None:
    assert said_in(content).isprintable()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5) | st.just("*"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["meta", "count", "next_cursor", "results", "group_by", "id", "authorships"]), inner, max_size=4)
    ),
    max_leaves=12,
)
NEAR = st.fixed_dictionaries(
    {"meta": st.fixed_dictionaries({"count": st.integers(-1, 3)}, optional={"next_cursor": st.none() | st.text(max_size=3)})},
    optional={"results": JSON | st.lists(JSON, max_size=3)},
)


@pytest.mark.parametrize("examples", [40, pytest.param(150, marks=pytest.mark.slow)])
def test_no_answer_breaks_it(tmp_path_factory: pytest.TempPathFactory, examples: int) -> None:
    """In the fast tests with fewer examples, each of which is a folder on disk."""

    @settings(max_examples=examples)
    @given(answers=st.lists(JSON | NEAR, min_size=1, max_size=3), cut=st.integers(0, 3))
    def one(answers: list[Any], cut: int) -> None:
        _is_outlived(tmp_path_factory, answers, cut)

    one()


def _is_outlived(tmp_path_factory: pytest.TempPathFactory, answers: list[Any], cut: int) -> None:
    """Whatever JSON comes, whole or cut: records are objects, all others are one line, and what is written can be read."""
    out = tmp_path_factory.mktemp("o")
    bodies = [json.dumps(a).encode() for a in answers]
    bodies[-1] = bodies[-1][: len(bodies[-1]) - cut]
    asker = Api(Policy(attempts=1, first_wait=0), base="https://example.org", rate=1000)
    asker._client.close()

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=httpx.ByteStream(bodies.pop(0) if bodies else b"{}"))

    asker._client = httpx.Client(transport=httpx.MockTransport(answer))
    try:
        done = api.fetch(asker, Selection(filter="a:b", base="https://example.org"), out)
    except FetchError as error:
        assert "\n" not in error.line
    else:
        found = lines(out)
        assert len(found) == done.records
        assert all(isinstance(json.loads(x), dict) for x in found)
    finally:
        asker.close()
