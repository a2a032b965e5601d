"""Records and claims of strangers in every output: titles, names and DOIs that would run, steer a terminal, turn text or break a format."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.web import small_world
from tests.web.conftest import Client

from armillary.agents.tools import Tools
from armillary.cli.main import run
from armillary.core.store import Store
from armillary.errors import printable
from armillary.observatory import Observatory, open_observatory
from support.unhurried import unhurried

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><svg onload=alert(1)>",
    '=HYPERLINK("http://evil.invalid","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3\r=1+1",
    "\x1b]0;owned\x07\x1b[31mred\x1b[2J",
    "\x9b31mC1 \x85 next",
    "abc\u202egnp.exe\u202c \u2066x\u2069",
    "[click](javascript:alert(1)) ![x](http://evil.invalid/x.png)",
    "`code` | cell | *b* <b onmouseover=alert(2)>",
    "two\nlines\r\nER  - \nTY  - JOUR",
    "} , note = {injected}\n@misc{x,",
    "{{7*7}} {% raw %} ${jndi:ldap://x} %s %(a)s {0}",
    "]]> &lt;i&gt; &#x6a;avascript:alert(1) \ufeff\u2028end",
    "javascript:alert(1)",
)
DOIS = ("javascript:alert(1)", '10.1/x" onmouseover=alert(1)', "10.1/<script>", "10.1/a\nb", "data:text/html,x", "10.1/ok", "10.1/}{\\x")
STARTS = ("=", "+", "-", "@", "\t", "\r")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = small_world.build(tmp_path_factory.mktemp("hostile") / "observatory", works=120)
    store = Store.open(path)
    with store.write() as change:
        for table, column, values in (
            ("work", "title", HOSTILE),
            ("work", "doi", DOIS),
            ("institution", "name", HOSTILE),
            ("institution", "city", HOSTILE),
            ("source", "name", HOSTILE),
            ("place", "name", HOSTILE),
        ):
            rows = change.read(table)
            cells = pa.array([values[n % len(values)] for n in range(rows.num_rows)], rows.schema.field(column).type)
            change.replace(table, rows.set_column(rows.column_names.index(column), column, cells))
    (path / "claims").mkdir(exist_ok=True)
    says = json.dumps(HOSTILE[0] + HOSTILE[6] + HOSTILE[9])
    (path / "claims" / "stranger.toml").write_text(
        f'format = 1\ntitle = {says}\n[[claim]]\nid = "x"\nsays = {says}\npredicate = "rank"\n'
        'evidence = { indicator = "share", unit = "country" }\nunit = "CN"\nrank = 1\nperiod = "2020"\n'
    )
    return path


@pytest.fixture(scope="module")
def obs(hostile: Path) -> Observatory:
    return open_observatory(hostile, threads=1)


# --- what an output may not hold -------------------------------------------------------------------------------------------------------


class Markup(HTMLParser):
    """Elements, attributes and addresses that only a record could have brought."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        found = {k: v or "" for k, v in attrs}
        self.bad += [f"{tag} {k}" for k in found if k.startswith("on")]
        self.bad += [f"{tag} {k}={v}" for k, v in found.items() if re.match(r"\s*(javascript|vbscript|data:text)", v, re.I)]
        if (tag == "img" and found.get("src") in ("x", "http://evil.invalid/x.png")) or "evil.invalid" in found.get("href", ""):
            self.bad.append(tag)
        if tag == "script" and not found.get("src") and "alert(1)" in found.get("type", ""):
            self.bad.append(tag)

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and data.strip() == "alert(1)":
            self.bad.append("script")


def html(data: bytes) -> None:
    parser = Markup()
    parser.feed(data.decode())
    assert not parser.bad


def text(data: bytes) -> None:
    said = data.decode()
    assert printable(said) == said


def markdown(data: bytes) -> None:
    said = data.decode()
    text(data)
    assert not re.search(r"(?<!\\)<(script|img|svg|b|i)\b", said)
    assert not re.search(r"(?<!\\)\]\(\s*(javascript|data|http://evil)", said), said
    width = 0
    for line in said.splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not (cells and width) or cells == width, line
        width = cells


def as_csv(data: bytes) -> None:
    text(data)
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    for row in rows:
        assert len(row) == len(rows[0])
        assert not [c for c in row if c.startswith(STARTS) and not re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", c)]


def xlsx(data: bytes) -> None:
    from openpyxl import load_workbook

    for sheet in load_workbook(io.BytesIO(data)):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f" and cell.hyperlink is None


def svg(data: bytes) -> None:
    for node in ET.fromstring(data).iter():
        name = str(node.tag).rpartition("}")[2].casefold()
        assert name not in ("script", "foreignobject", "iframe")
        for key, value in node.attrib.items():
            assert not key.rpartition("}")[2].startswith("on")
            assert not re.match(r"\s*(javascript|data:text|http://evil)", value, re.I)


def png(data: bytes) -> None:
    assert data.startswith(b"\x89PNG\r\n\x1a\n")


def as_json(data: bytes) -> None:
    json.loads(data)


def strict_json(data: bytes) -> None:
    """For agents: the values themselves steer nothing."""
    for value in _strings(json.loads(data)):
        assert printable(value) == value


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for v in value.values() if isinstance(value, dict) else value:
            yield from _strings(v)


def parquet(data: bytes) -> None:
    pq.read_table(io.BytesIO(data))


def ris(data: bytes) -> None:
    text(data)
    for line in data.decode().splitlines():
        assert not line or re.match(r"[A-Z][A-Z0-9]  - ", line), line
    assert data.decode().count("TY  - ") == len(re.findall(r"(?m)^ER  -", data.decode()))


def bib(data: bytes) -> None:
    said = data.decode()
    text(data)
    entries = [p for p in re.split(r"(?m)^@", said) if p.strip()]
    for entry in entries:
        plain = re.sub(r"\\.", "", entry)
        assert plain.count("{") == plain.count("}")
        assert not re.search(r"(?m)^\s*note\s*=\s*\{injected", entry)


def archive(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        for name in found.namelist():
            assert not name.startswith(("/", "..")) and ".." not in name.split("/")
            CHECKS[name.rpartition(".")[2]](found.read(name))


CHECKS: dict[str, Callable[[bytes], None]] = {
    "html": html,
    "txt": text,
    "md": markdown,
    "csv": as_csv,
    "xlsx": xlsx,
    "svg": svg,
    "png": png,
    "json": as_json,
    "agent": strict_json,
    "parquet": parquet,
    "ris": ris,
    "bib": bib,
    "zip": archive,
    "toml": text,
}

# --- every way out ---------------------------------------------------------------------------------------------------------------------

COMMANDS = [
    "rank share --unit institution",
    "rank share --unit city --period 2020",
    "rank share --unit institution --format csv",
    "explain share CN --unit country",
    "explain share --why-not W1000002",
    "explain count I1006 --unit institution",
    "dossier W1000000",
    "dossier W1000006",
    "dossier field:16",
    "check",
    "robustness share --unit institution --period 2020-2022",
    "path share --unit institution --step 1",
    "collaboration I1003 --unit institution",
]


@pytest.mark.parametrize(
    "line", [pytest.param(c, marks=pytest.mark.slow if c.startswith(("robustness", "dossier")) else []) for c in COMMANDS]
)
def test_terminal(hostile: Path, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = run([*line.split(), "--into", str(hostile)])
    said = capsys.readouterr()
    assert "Traceback" not in said.err and code in (0, 1, 2)
    (as_csv if line.endswith("csv") else text)(said.out.encode())
    text(said.err.encode())


@pytest.mark.parametrize("name", ["a.csv", "a.md", "a.json", "a.xlsx", "a.parquet", "a.html"])
def test_files_of_a_ranking(hostile: Path, tmp_path: Path, name: str) -> None:
    code = run(["rank", "share", "--unit", "institution", "--out", str(tmp_path / name), "--into", str(hostile)])
    if code == 0:
        CHECKS[name.rpartition(".")[2]]((tmp_path / name).read_bytes())
    else:
        assert name == "a.html"


@pytest.mark.parametrize("name", ["a.ris", "a.bib", "a.json"])
def test_references(hostile: Path, tmp_path: Path, name: str) -> None:
    assert run(["explain", "share", "CN", "--unit", "country", "--references", str(tmp_path / name), "--into", str(hostile)]) == 0
    CHECKS[name.rpartition(".")[2]]((tmp_path / name).read_bytes())


@pytest.mark.parametrize("name", ["a.html", "a.md", "a.json"])
@pytest.mark.parametrize("target", ["W1000000", *(pytest.param(t, marks=pytest.mark.slow) for t in ("W1000009", "W1000010", "field:16"))])
def test_dossiers(hostile: Path, tmp_path: Path, name: str, target: str) -> None:
    assert run(["dossier", target, "--out", str(tmp_path / name), "--into", str(hostile)]) == 0
    CHECKS[name.rpartition(".")[2]]((tmp_path / name).read_bytes())


def test_claims_of_a_stranger(hostile: Path, tmp_path: Path) -> None:
    assert run(["audit", str(hostile / "claims" / "stranger.toml"), "--out", str(tmp_path / "a"), "--into", str(hostile)]) in (0, 1)
    written = [f for f in (tmp_path / "a").rglob("*") if f.is_file() and f.suffix[1:] in CHECKS]
    assert {f.suffix for f in written} >= {".html", ".md", ".json"}
    for file in written:
        CHECKS[file.suffix[1:]](file.read_bytes())


def test_charts_and_notebooks(obs: Observatory, tmp_path: Path) -> None:
    from armillary.charts.base import save

    found = obs.rank("share", unit="institution")
    for name in ("a.svg", "a.png", "a.html"):
        save(found.plot(), tmp_path / name)
        CHECKS[name.rpartition(".")[2]]((tmp_path / name).read_bytes())
    for shown in (obs, found, found.explain("I1003")):
        text(repr(shown).encode())
        if hasattr(shown, "_repr_html_"):
            html(shown._repr_html_().encode())
    markdown(found.to_markdown().encode())


def test_agents(obs: Observatory) -> None:
    tools = Tools(obs)
    for answer in (
        tools.rank("share", unit="institution"),
        tools.explain("share", "CN", unit="country"),
        tools.why_not("share", "W1000006", unit="country"),
        tools.compare("share", ["CN", "US"], unit="country"),
    ):
        strict_json(json.dumps(answer).encode())


PAGES = ["/rankings/share/institution", "/records/share/country/CN", "/units/institution/I1003", "/dossier/W1000009", "/map?unit=city"]
PAGES += ["/claims/stranger/x", "/collaboration?unit=institution", "/path/share/institution", "/search?q=a"]


@pytest.fixture(scope="module")
def get(hostile: Path) -> Client:
    from armillary.web.app import create_app

    return Client(create_app(hostile, settings=unhurried(draws=20), threads=1))


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_pages_in_every_format(get: Client, page: str) -> None:
    path, _, query = page.partition("?")
    for kind in ("html", "csv", "xlsx", "parquet", "json", "zip", "svg", "png"):
        answer = get(path + ("" if kind == "html" else f".{kind}") + (f"?{query}" if query else ""))
        if answer.status == 200:
            CHECKS[kind](answer.body)
        else:
            assert kind in ("svg", "png") and answer.status == 404, (kind, answer.text[:300])
