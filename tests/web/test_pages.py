"""Every page in every format: it answers, escapes, says how it was made, and gives nothing away when it fails."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from html.parser import HTMLParser

import pyarrow.parquet as pq
import pytest
import small_world

from armillary import registry
from armillary.observatory import open_observatory
from armillary.web.app import create_app
from armillary.web.current import link, split_path
from armillary.web.routes import PAGES
from support.unhurried import unhurried

SOURCES = registry.read_text("world", "catalogue.toml")
"""Pages may lead to the publishers of shipped tables, by the addresses of the catalogue."""
ADDRESSES = [
    "/ask/article",
    "/",
    "/ask?q=India%20is%20the%20third%20largest%20producer%20of%20scientific%20papers",
    "/rankings",
    "/rankings/share/city?period=2024",
    "/rankings/pp-top10/institution",
    "/rankings/count/field",
    "/rankings/share/author",
    "/rankings/share/country?against=counting:full&sort=name&q=a",
    "/map",
    "/map?indicator=share&unit=region",
    "/path/share/city",
    "/units/country/CN",
    "/units/city/c0-beijing",
    "/units/institution/I1001",
    "/compare?units=IN,CN,US",
    "/compare/country?ids=CN,US,GB",
    "/robustness/share/country?period=2020-2024",
    "/records/share/country/CN?page=2",
    "/records/share/country/CN?work=W1000097",
    "/collaboration",
    "/collaboration?focus=CN&by=works",
    "/brief",
    "/brief?period=2020-2022&subject=Chemistry",
    "/dossier",
    "/dossier?target=query:structure",
    "/dossier/field:16",
    "/dossier/W1000097",
    "/leadership",
    "/leadership?first=CN&second=US&third=allow&least=10",
    "/clusters",
    "/clusters?density=100&source=pub&radius=20",
    "/clusters/cl:CN:beijing",
    "/indices",
    "/search",
    "/search?q=beijing",
    "/glossary",
    "/intervals",
    "/indices/research-profile",
    "/indices/research-profile?w=10,20,30,10,10,10,10",
    "/claims",
    "/claims?file=small",
    "/claims/small/beijing-first",
    "/methods",
    "/methods/share",
    "/rules",
    "/rules/5",
    "/rules/references",
    "/data",
    "/learn",
    "/api",
]
PICTURES = [
    a
    for a in ADDRESSES
    if a.split("?")[0]
    in (
        "/",
        "/map",
        "/path/share/city",
        "/collaboration",
        "/clusters",
        "/clusters/cl:CN:beijing",
        "/leadership",
        "/brief",
        "/dossier/field:16",
        "/indices/research-profile",
        "/units/country/CN",
        "/compare/country",
        "/rankings/pp-top10/institution",
    )
]


def in_format(address: str, kind: str) -> str:
    path, _, query = address.partition("?")
    return link(path, query, kind)


class Checker(HTMLParser):
    """Collects what must not come from data: elements, event attributes, foreign addresses."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.bad: list[str] = []
        self.ids: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag in ("b", "iframe", "object", "embed", "form") and tag != "form":
            self.bad.append(tag)
        if tag == "script" and not found.get("src") and found.get("type") != "application/json":
            self.bad.append("inline script")
        self.bad += [f"{tag} {k}" for k in found if k.startswith("on") or k == "style"]
        for key in ("src", "href", "action"):
            value = found.get(key) or ""
            foreign = re.match(r"[a-z]+:|//", value)
            known = value.startswith(("https://doi.org/", "https://openalex.org/")) or f'"{value}"' in SOURCES
            if foreign and not (tag == "a" and known):
                self.bad.append(f"{tag} {key}={value[:60]}")
        if "id" in found:
            self.ids.append(found["id"])


def test_every_registered_page_is_in_the_list():
    patterns = [re.compile("^" + re.sub(r"\{\w+\}", "[^/]+", p) + "$") for p in PAGES]
    seen = {p.pattern for p in patterns for a in ADDRESSES if p.match(a.split("?")[0])}
    assert {p.pattern for p in patterns} == seen


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_page_is_sound_html(get, address, language):
    answer = get(address if language == "en" else f"/zh{address}".replace("/zh/?", "/zh?").rstrip("/"))
    assert answer.status == 200, answer.text[-2000:]
    # a chart is drawn by a script: without it the place stays white
    assert 'class="chart"' not in answer.text or "/static/vega" in answer.text
    checker = Checker()
    checker.feed(answer.text)
    assert not checker.bad
    assert len(checker.ids) == len(set(checker.ids))
    assert f'lang="{"en" if language == "en" else "zh-Hans"}"' in answer.text
    assert answer.text.count("<h1") == 1
    assert "Traceback" not in answer.text and "Undefined" not in answer.text and "None" not in re.sub(r"<[^>]*>", "", answer.text).split()
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "script-src 'self'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("address", ADDRESSES)
def test_page_as_json_and_csv(get, address):
    data = get(in_format(address, "json"))
    assert data.status == 200 and data.headers["content-type"] == "application/json"
    body = data.json()
    table = get(in_format(address, "csv"))
    rows = list(csv.reader(io.StringIO(table.text)))
    assert table.status == 200 and table.headers["content-disposition"].startswith("attachment")
    assert len(rows) - 1 == len(body["rows"])
    for row in rows:
        assert not any(cell[:1] in ("=", "+", "@", "\t", "\r") or re.match(r"-(?![\d.])", cell) for cell in row)


@pytest.mark.parametrize("address", PICTURES)
def test_page_as_picture(get, address):
    assert get(in_format(address, "svg")).body.startswith(b"<svg")
    assert get(in_format(address, "png")).body.startswith(b"\x89PNG")


def test_page_without_a_chart_says_so(get):
    assert get("/methods.svg").status == 404


def test_ranking_in_all_downloads_is_the_same(get):
    from openpyxl import load_workbook

    base = "/rankings/share/city{}?period=2024"
    rows = get(base.format(".json")).json()["rows"]
    parquet = pq.read_table(io.BytesIO(get(base.format(".parquet")).body))
    assert parquet.to_pylist() == rows and b"armillary" in parquet.schema.metadata
    sheet = load_workbook(io.BytesIO(get(base.format(".xlsx")).body), read_only=True)["data"]
    cells = list(sheet.iter_rows(values_only=True))
    assert [c[cells[0].index("value")] for c in cells[1:]] == pytest.approx([r["value"] for r in rows])
    archive = zipfile.ZipFile(io.BytesIO(get(base.format(".zip")).body))
    assert set(archive.namelist()) == {"README.txt", "chart.svg", "data.csv", "data.parquet", "metadata.json", "recipe.toml"}
    assert "Cities by Share, 2024" in archive.read("README.txt").decode()
    assert get(base.format(".zip")).body == get(base.format(".zip")).body


def test_pages_show_the_spine_and_nothing_else(get, small):
    obs = open_observatory(small)
    ranking = obs.rank("share", unit="city", period=2024)
    shown = get("/rankings/share/city.json?period=2024&intervals=0").json()
    assert shown["rows"] == ranking.arrow.to_pylist()
    assert shown["meta"]["recipe"] == ranking.recipe.digest
    html = get("/rankings/share/city?period=2024").text
    for row in ranking.ranked.to_pylist():
        assert row["name"] in html and f"{row['value']:,.2f}" in html
    explained = obs.explain(ranking.recipe, "c0-beijing")
    page = get("/records/share/city/c0-beijing.json?period=2024").json()
    assert page["meta"]["num"] == explained.num and len(page["rows"]) == explained.records


@pytest.mark.parametrize("title", small_world.HOSTILE_TITLES)
def test_planted_titles_stay_text(get, title):
    """The planted titles are in the data as they are, and in no page as markup."""
    rows = get("/records/share/country/CN.json").json()["rows"]
    assert title in [r["title"] for r in rows]
    html = get("/records/share/country/CN").text
    assert (
        "<script>alert" not in html
        and "onerror" not in re.sub(r"&[a-z#0-9]+;|&lt;.*?&gt;", "", html)
        and "\u202e" not in html
        and "<mml" not in html
    )
    assert "49" not in re.findall(r">\s*([^<]*7\*7[^<]*)<", html)


def test_planted_name_of_an_institution(get):
    html = get("/rankings/share/institution").text
    assert "onmouseover" not in html and "Evil &amp; Sons University" in html
    assert "<b " not in get("/units/institution/I1001").text
    svg = get("/rankings/share/institution.svg").text
    assert "<b " not in svg and "<script" not in svg


@pytest.mark.parametrize(
    "address, status",
    [
        ("/nope", 404),
        ("/rankings/nope/city", 404),
        ("/rankings/share/planet", 404),
        ("/rankings/share/city?scope=nope", 404),
        ("/rankings/share/city?counting=nope", 404),
        ("/rankings/share/city?subject=Alchemy", 404),
        ("/rankings/share/city?period=2030-2020", 400),
        ("/rankings/share/city?period=abc", 422),
        ("/rankings/share/city?page=0", 422),
        ("/rankings/share/city?per=100000", 422),
        ("/units/city/nowhere", 404),
        ("/compare/country?ids=CN", 400),
        ("/map?unit=author", 400),
        ("/records/share/country/ZZ", 404),
        ("/claims/nope/x", 404),
        ("/indices/nope", 404),
        ("/indices/research-profile?w=1,2", 400),
        ("/indices/research-profile?w=0,0,0,0,0,0,0", 400),
        ("/rankings/share/city?option=x=1", 400),
        ("/static/nope.js", 404),
        ("/collaboration?by=nope", 404),
        ("/collaboration?focus=ZZ", 404),
        ("/brief?period=all", 400),
        ("/brief?period=1900", 404),
        ("/brief?subject=Alchemy", 404),
        ("/dossier/W1", 404),
        ("/dossier/field:999", 404),
        ("/dossier/../x", 404),
        ("/dossier?target=10.1/x", 404),
        ("/dossier?target=10.1234/nowhere", 404),
        ("/dossier?target=query:((", 400),
        ("/leadership?by=nope", 404),
        ("/leadership?by=model", 404),
        ("/leadership?unit=author", 404),
        ("/leadership?first=CN&second=CN", 400),
        ("/leadership?first=ZZ", 404),
        ("/clusters/nowhere", 404),
        ("/clusters?source=pct", 404),
        ("/clusters?density=-1", 422),
    ],
)
def test_errors_are_pages_and_problems(get, address, status):
    page = get(address)
    assert page.status == status
    assert "Traceback" not in page.text and "/src/armillary" not in page.text and page.headers["cache-control"] == "no-store"
    path, _, query = address.partition("?")
    if not path.startswith("/static"):
        problem = get(link(path, query, "json"))
        assert problem.status == status and problem.headers["content-type"].startswith("application/problem+json")
        assert problem.json()["status"] == status and problem.json()["detail"]


def test_suggestions_reach_the_reader(get):
    assert "share" in get("/rankings/shaer/city").text


@pytest.mark.parametrize(
    "address",
    [
        "/static/../app.py",
        "/static/..%2f..%2fpyproject.toml",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/claims/..%2f..%2fetc/x",
        "/indices/..%2fx",
        "/rankings/share/city?scope=../../etc/passwd",
        "/rankings/share/city?scope=/etc/x.toml",
        "/units/institution/..%2f..%2fx",
        "/claims?file=../small",
    ],
)
def test_no_way_to_a_file(get, address):
    answer = get(address)
    assert answer.status in (404, 422)
    assert "root:" not in answer.text and "[project]" not in answer.text


def test_etag_head_and_methods(get):
    first = get("/rankings/share/city?period=2024")
    again = get("/rankings/share/city?period=2024", if_none_match=first.headers["etag"])
    assert again.status == 304 and again.body == b""
    head = get("/rankings/share/city?period=2024", method="HEAD")
    assert head.status == 200 and head.body == b"" and int(head.headers["content-length"]) == len(first.body)
    packed = get("/rankings/share/city?period=2024", accept_encoding="gzip")
    import gzip

    assert packed.headers["content-encoding"] == "gzip" and gzip.decompress(packed.body) == first.body
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert get("/", method=method).status == 405
    assert get("/rankings?" + "x=1&" * 900).status == 414


def test_rate_limit_is_per_client(small):
    from conftest import Client

    client = Client(create_app(small, settings=unhurried(rate_per_s=0.5, burst=3), threads=1))
    answers = [client("/methods").status for _ in range(4)]
    assert answers == [200, 200, 200, 429]
    assert client("/methods").headers["retry-after"]
    assert client("/methods", client="10.9.9.9").status == 200


def test_new_data_are_seen_without_a_restart(tmp_path):
    import time

    from armillary.core.store import Store
    from conftest import Client

    path = small_world.build(tmp_path / "obs", works=60)
    app = create_app(path, settings=unhurried(), threads=1)
    client = Client(app)
    before = client("/api/v1").json()["data"]["digest"]
    with Store.open(path).write() as change:
        change.replace("source", small_world.table("source", [{"source_id": 1, "name": "New", "origin": "entity"}]))
    time.sleep(2.1)
    assert client("/api/v1").json()["data"]["digest"] != before


def test_unexpected_errors_say_nothing(small, monkeypatch, caplog):
    from armillary.web.site import Site
    from conftest import Client

    def broken(*_args, **_kwargs):
        raise RuntimeError("secret /path/of/this/machine")

    app = create_app(small, settings=unhurried(), threads=1)
    monkeypatch.setattr(Site, "sure", broken)
    for address in ("/rankings/share/city", "/rankings/share/city.json", "/api/v1/rankings/share/city"):
        answer = Client(app)(address)
        assert answer.status == 500 and "secret" not in answer.text and "Traceback" not in answer.text
    assert "secret" in caplog.text  # the keeper finds it


@pytest.mark.parametrize(
    "path, expected",
    [
        ("/", ("/", "en", "html")),
        ("/index.json", ("/", "en", "json")),
        ("/zh", ("/", "zh", "html")),
        ("/zh/index.csv", ("/", "zh", "csv")),
        ("/rankings/share/city.csv", ("/rankings/share/city", "en", "csv")),
        ("/units/city/a.b", ("/units/city/a.b", "en", "html")),
        ("/zhx", ("/zhx", "en", "html")),
        ("/zh/map", ("/map", "zh", "html")),
    ],
)
def test_addresses_split_and_join(path, expected):
    assert split_path(path) == expected
    assert split_path(link(expected[0], "", expected[2], expected[1])) == expected


def test_synthetic_and_sample_bands(get, small, tmp_path):
    from conftest import Client

    folder = small_world.build(tmp_path / "obs", works=60)
    (folder / "registry" / "about.toml").write_text('name = "Invented"\nsynthetic = true\n')
    html = Client(create_app(folder, settings=unhurried(), threads=1))("/").text
    assert "Synthetic data." in html and "Synthetic data." not in get("/").text


def test_an_empty_observatory_still_answers(tmp_path):
    from armillary.core.store import Store
    from conftest import Client

    Store.create(tmp_path / "empty")
    client = Client(create_app(tmp_path / "empty", settings=unhurried(), threads=1))
    for address in ("/", "/rankings", "/methods", "/data", "/indices", "/claims", "/rankings/share/city"):
        assert client(address).status == 200, address
    for address in ("/map", "/path/share/city", "/collaboration", "/robustness/share/city"):
        assert client(address).status in (200, 404), address


def test_impact_without_a_world_is_refused_in_a_sentence(small, tmp_path):
    import shutil

    from armillary.web.app import create_app
    from conftest import Client

    part = tmp_path / "part"
    shutil.copytree(small, part)
    (part / "registry" / "about.toml").write_text('kind = "institution"\nframe = "one university"\n', encoding="utf-8")
    client = Client(create_app(part, settings=unhurried(), threads=1))
    for address in ("/rankings/pp-top10/country", "/path/p-top10/country", "/api/v1/rankings/mncs/country"):
        page = client(address)
        assert page.status == 404, address
        assert "the works of one institution" in page.text and "baseline=own" in page.text
    asked = client("/rankings/pp-top10/country?option=baseline%3Down")
    assert asked.status == 200 and "Within this corpus" in asked.text
    profile = client("/units/country/CN")
    assert profile.status == 200 and "pp-top10" not in profile.text and "No impact" in client(in_format("/units/country/CN", "json")).text
    assert client("/").status == 200
