"""The published site: every link leads to a file or an anchor that is there, nothing needs a server, the same data give the same bytes."""

from __future__ import annotations

import json
import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from armillary.errors import UsageError
from armillary.web.plan import file_name, is_published
from armillary.web.publish import MARK, publish
from armillary.web.site import Site
from support.unhurried import unhurried


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()
        self.forms = 0

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.targets += [v for k, v in found.items() if k in ("href", "src") and v]
        if found.get("id"):
            self.ids.add(found["id"])
        self.forms += tag == "form"


def broken_links(folder: Path) -> list[str]:
    """Links of a site that lead nowhere; foreign addresses are those of records only."""
    pages = {p: Links() for p in sorted(folder.rglob("*.html"))}
    for path, links in pages.items():
        links.feed(path.read_text(encoding="utf-8"))
    bad = []
    for path, links in pages.items():
        for target in links.targets:
            if re.match(r"https://(doi\.org|openalex\.org|[\w.]+/)", target):
                continue
            name, _, anchor = target.partition("#")
            if "?" in name or re.match(r"[a-z]+:|/", name):
                bad.append(f"{path.relative_to(folder)}: {target}")
                continue
            goal = path if not name else folder / posixpath.normpath(posixpath.join(path.relative_to(folder).parent.as_posix(), name))
            if not goal.is_file() or (anchor and anchor not in pages[goal].ids):
                bad.append(f"{path.relative_to(folder)}: {target}")
    return bad


@pytest.fixture(scope="module")
def published(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("publish") / "site"
    site = Site(small, unhurried(rankings_kept=2000, draws=20), threads=1)
    return site, folder, publish(site, folder, most=170)


def test_all_links_resolve(published):
    _site, folder, done = published
    assert broken_links(folder) == []
    assert done.pages > 60 and done.files == sum(1 for p in folder.rglob("*") if p.is_file())


def test_the_link_checker_sees_a_broken_link(published, tmp_path):
    _site, folder, _done = published
    (tmp_path / "static").mkdir()
    text = (folder / "methods" / "index.html").read_text().replace('href="../', 'href="../../nowhere/')
    (tmp_path / "index.html").write_text(text)
    assert broken_links(tmp_path)


def test_main_pages_are_there_in_both_languages(published):
    _site, folder, _done = published
    for name in (
        "index.html",
        "zh/index.html",
        "map/index.html",
        "claims/index.html",
        "indices/research-profile/index.html",
        "index.csv",
        "index.svg",
    ):
        assert (folder / name).is_file(), name
    assert 'lang="zh-Hans"' in (folder / "zh" / "index.html").read_text()


def test_pages_need_no_server(published):
    _site, folder, _done = published
    for path in folder.rglob("*.html"):
        text = path.read_text()
        assert not re.search(r'(href|src|action)="/', text), path
        if "indices" not in path.parts:
            assert "<form" not in text, path  # the explorer's form works by itself


def test_only_own_folders_are_replaced(published, tmp_path, small):
    site, folder, _done = published
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(UsageError, match="not made by armillary publish"):
        publish(site, tmp_path, most=3)
    assert (tmp_path / "mine.txt").read_text() == "keep me"
    assert json.loads((folder / MARK).read_text())["data"]["digest"] == site.data["digest"]


def test_same_data_same_bytes(small, tmp_path):
    site = Site(small, unhurried(draws=20), threads=1)
    sites = [publish(site, tmp_path / name, most=12, languages=("en",)).folder for name in ("one", "two")]
    files = [sorted(p.relative_to(s) for p in s.rglob("*") if p.is_file()) for s in sites]
    assert files[0] == files[1]
    assert [f for f in files[0] if (sites[0] / f).read_bytes() != (sites[1] / f).read_bytes()] == []


@pytest.mark.parametrize(
    "address, name",
    [
        (("/", "", "html", "en"), "index.html"),
        (("/", "", "csv", "en"), "index.csv"),
        (("/rankings/share/city", "", "html", "zh"), "zh/rankings/share/city/index.html"),
        (("/rankings/share/city", "period=2024", "html", "en"), "rankings/share/city/period-2024/index.html"),
        (("/units/city/gn:12", "", "json", "en"), "units/city/gn~12.json"),
    ],
)
def test_file_names(address, name):
    assert file_name(address) == name


def test_file_names_differ_where_addresses_do():
    queries = ["", "a=b", "a=b&c=d", "a=%3A", "a=;", "a=" + "x" * 200, "a=" + "x" * 201]
    names = [file_name(("/p", q, "html", "en")) for q in queries]
    assert len(set(names)) == len(names)


def test_what_needs_a_server_is_not_published():
    for path, query in (
        ("/rankings/share/city", "page=2"),
        ("/rankings/share/city", "q=a"),
        ("/compare/country", "ids=CN,US"),
        ("/records/share/city/x", "work=W1"),
        ("/rankings/share/author", ""),
        ("/api", ""),
    ):
        assert not is_published(path, query, "html", "en", "2024")
    assert is_published("/rankings/share/city", "period=2024", "html", "en", "2024")


def test_countries_are_compared_on_a_site_of_files():
    """As the page opens, and each country with its peers; any other choice needs a server."""
    from armillary.studies.world.beside import peers

    alike = "units=" + ",".join(("KE", *peers("KE", 3)))
    assert is_published("/compare", "", "html", "zh", "2024") and is_published("/compare", "", "svg", "en", "2024")
    assert is_published("/compare", alike, "html", "en", "2024") and is_published("/compare", alike, "csv", "en", "2024")
    for query in ("units=KE,US", "units=", "units=XX,KE", "add=kenya", alike + "&add=x"):
        assert not is_published("/compare", query, "html", "en", "2024"), query
    assert not is_published("/compare", alike, "html", "en", "2024", "synthetic")


def test_command_line(small, tmp_path, capsys):
    from armillary.cli.main import run

    assert run(["publish", str(tmp_path / "s"), "--into", str(small), "--pages", "4", "--languages", "en", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pages"] >= 1
    assert run(["publish", str(tmp_path / "t"), "--into", str(small), "--languages", "tlh"]) == 2
    assert "unknown language 'tlh'" in capsys.readouterr().err


def test_serve_refuses_a_taken_port(small, capsys):
    import socket

    from armillary.cli.main import run

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert run(["serve", "--into", str(small), "--port", str(taken.getsockname()[1])]) == 2
    assert "cannot listen on 127.0.0.1" in capsys.readouterr().err


def test_serve_is_local_unless_told_otherwise():
    from armillary.cli.commands.serve import command

    assert next(p for p in command.params if p.name == "host").default == "127.0.0.1"


def test_llms_txt_names_files_that_are_there(published):
    _site, folder, _done = published
    text = (folder / "llms.txt").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert any(name.endswith(".csv") for name in links)
    assert [name for name in links if not (folder / name).is_file()] == []
