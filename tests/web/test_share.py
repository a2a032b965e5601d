"""What leaves the site says what it is: pictures, files and citations carry title, warning, source, licence, date and address."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest

from armillary.charts.sheet import Line, card, png, sheet, size_of, wrapped
from armillary.web.app import create_app
from armillary.web.current import link, split_path
from armillary.web.settings import Settings
from conftest import Client
from support.unhurried import unhurried


@pytest.fixture(scope="module")
def owned(small) -> Client:
    """A site whose owner said where it is and who may frame it."""
    settings = unhurried(draws=20, address="https://science.example", frames="https://news.example")
    return Client(create_app(small, settings=settings, threads=1))


def plain(svg: bytes) -> str:
    return " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg.decode()))


def test_a_picture_says_where_it_comes_from(owned):
    said = plain(owned("/series/articles-fractional.svg?units=IN,CN&tab=chart").body)
    for text in ("NCSES", "public domain", "Data of 2026", "https://science.example/series/articles-fractional?", "India: rank 3 of 200"):
        assert text in said, text


@pytest.mark.parametrize(
    "data, said",
    [
        ({"synthetic": True}, "an invented world"),
        ({"sample": True, "kind": "convenience-sample", "frame": "chemistry"}, "say nothing about the world"),
        ({"kind": "random-sample", "sample": True}, "estimates for the frame"),
        ({"kind": "world"}, ""),
    ],
    ids=["synthetic", "convenience", "random", "world"],
)
def test_pictures_of_a_sample_carry_the_warning(owned, data, said):
    from types import SimpleNamespace

    from armillary.web.imprint import imprint
    from armillary.web.page import Page

    facts = {"name": "These works", "snapshot_date": "2026-01-01", "frame": "", **data}
    made = imprint(SimpleNamespace(data=facts, settings=Settings()), Page("x.html", "Countries"))
    assert said in made.warning and bool(made.warning) == bool(said)
    assert [x.text for x in made.lines if x.is_warning] == ([made.warning] if said else [])
    assert "https://science.example/rankings/share/country" in plain(owned("/rankings/share/country.svg").body)


def test_a_card_for_links(owned):
    answer = owned("/series/gerd-gdp.card.png")
    assert answer.headers["content-type"] == "image/png"
    width, height = (int.from_bytes(answer.body[k : k + 4], "big") for k in (16, 20))
    assert (width, height) == (1200, 630)
    page = owned("/series/gerd-gdp").text
    assert '<meta property="og:image" content="https://science.example/series/gerd-gdp.card.png">' in page
    assert 'name="twitter:card"' in page and '<link rel="canonical" href="https://science.example/series/gerd-gdp">' in page


@pytest.mark.parametrize("path", ["/series/gerd-gdp", "/rankings/share/country", "/stories/most-cited"])
def test_files_carry_the_imprint(owned, path):
    meta = owned(path + ".json").json()["meta"]
    assert meta["address"] == "https://science.example" + path and meta["citation"].startswith("Armillary ") and meta["source"]
    with zipfile.ZipFile(io.BytesIO(owned(path + ".zip").body)) as archive:
        assert "https://science.example" in archive.read("README.txt").decode()
    import pyarrow.parquet as pq

    kept = json.loads(pq.read_schema(io.BytesIO(owned(path + ".parquet").body)).metadata[b"armillary"])
    assert kept["address"] == meta["address"]


@pytest.mark.parametrize("path", ["/series/gerd-gdp", "/rankings/share/country", "/zh/series/gerd-gdp"])
def test_every_row_of_a_csv_says_where_it_comes_from(owned, path):
    import pyarrow.csv

    answer = owned(path + ".csv").body
    table, rows = pyarrow.csv.read_csv(io.BytesIO(answer)), owned(path + ".json").json()["rows"]
    assert table.column_names[:-1] == list(rows[0]) and table.num_rows == len(rows)
    (note,) = set(table["about"].to_pylist())
    assert note.endswith("https://science.example" + path) and ("来源" if "/zh/" in path else "Source: ") in note


def test_a_csv_of_an_invented_world_says_so_on_every_row():
    import pyarrow as pa

    from armillary.web.page import csv_bytes, with_note

    table = pa.table({"about": ["a", "b"], "value": [1, 2]})
    lines = csv_bytes(with_note(table, "Synthetic data: an invented world.")).decode().splitlines()
    assert lines == ["about,value,about_file", "a,1,Synthetic data: an invented world.", "b,2,Synthetic data: an invented world."]


def test_citations(owned):
    bib, ris = owned("/series/gerd-gdp.bib").text, owned("/series/gerd-gdp.ris").text
    assert (
        bib.startswith("@misc{armillary-") and "url = {https://science.example/series/gerd-gdp}" in bib and bib.count("{") == bib.count("}")
    )
    assert ris.startswith("TY  - DATA\r\n") and ris.endswith("ER  - \r\n")
    item = json.loads(owned("/series/gerd-gdp.csl").body)[0]
    assert item["type"] == "dataset" and item["URL"].endswith("/series/gerd-gdp") and item["title"] in ris


def test_only_pages_made_for_a_frame_may_be_framed(owned, get):
    framed = owned("/series/gerd-gdp?embed=1")
    assert "frame-ancestors https://news.example" in framed.headers["content-security-policy"]
    assert 'class="embed"' in framed.text and 'class="credit"' in framed.text
    assert "frame-ancestors 'none'" in owned("/series/gerd-gdp").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in get("/series/gerd-gdp?embed=1").headers["content-security-policy"]
    assert "&lt;iframe" in owned("/series/gerd-gdp").text and "&lt;iframe" not in get("/series/gerd-gdp").text


def test_addresses_of_cards_lead_there_and_back():
    assert split_path("/zh/series/gerd-gdp.oecd.card.png") == ("/series/gerd-gdp.oecd", "zh", "card")
    assert link("/series/a", "year=2020", "card") == "/series/a.card.png?year=2020"


def test_lines_fit_their_width():
    assert wrapped("", 12, 100) == [] and wrapped("one", 12, 1) == ["one"]
    assert all(len(x) < 20 for x in wrapped("word " * 40, 12, 120))
    assert "".join(wrapped("数据来源与许可证" * 5, 12, 100)) == "数据来源与许可证" * 5
    svg = b'<svg width="400" height="100"></svg>'
    made = sheet(svg, [Line("Beware", True), Line("Source: <b> & co")])
    assert size_of(made.decode())[1] > 130 and b"&lt;b&gt; &amp; co" in made
    assert png(card("Title", "Measure", [Line("Source")], svg))[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    "arguments, said",
    [(["--address", "science"], "is no address of a site"), (["--frames", "x; script-src *"], "is no site that could show a frame")],
    ids=["address", "frames"],
)
def test_the_owner_is_told_what_is_wrong(small, capsys, arguments, said):
    from armillary.cli.main import run

    assert run(["serve", "--into", str(small), *arguments]) == 2
    assert said in capsys.readouterr().err
