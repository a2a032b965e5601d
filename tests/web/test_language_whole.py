"""No English is left on the Chinese pages: a walk over the site reads every text that a reader meets."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from crawling import Texts, Walk, english, walk

from armillary.core.store import Store
from armillary.registry import world
from armillary.web.app import create_app
from armillary.web.pages.ask import EXAMPLES
from support.unhurried import unhurried

ALLOWED = (
    # names as they are: licences, publishers, programs, conferences, and the words of the command line
    r"/zh(?:/[^\s。，]*)?|\b[a-z0-9]+(?:-[a-z0-9]+)+\b",
    r"CC BY [\d.]+|Creative Commons[\w .-]*|Apache-2\.0|armillary [a-z -]+|--[a-z-]+|https?://\S+|[\w.-]+\.(?:com|org|cn|tv)\S*",
    r"Nature Index[\w ,-]*|Leiden Ranking Open Edition|Research Organization Registry|Natural Earth|Global Innovation Index",
    r"(?:CWTS|OurResearch|Epoch AI|PitchBook|GitHub Innovation Graph|Innovation Graph|Nobel Prize)[\w ]*",
)


def left(found: Walk, names: set[str]) -> Iterator[tuple[str, str]]:
    """English runs that are neither a name nor on the list, with a page where they stand."""
    for (_language, text), pages in found.texts.items():
        if any(e in text for e in EXAMPLES):
            continue
        bare = text
        for pattern in ALLOWED:
            bare = re.sub(pattern, " · ", bare)
        for run in english(bare):
            if not any(run.strip() in name for name in names):
                yield run, f"{pages[0]}: {text}"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A site of the shipped tables alone."""
    from conftest import Client

    Store.create(folder := tmp_path_factory.mktemp("tables") / "observatory")
    return Client(create_app(folder, settings=unhurried(names=("testserver",)), threads=1))


def names_of_tables() -> set[str]:
    """Names of institutions, regions and clusters that the tables give in English only."""
    import csv
    import io

    clusters = csv.DictReader(io.StringIO((world.folder() / "clusters-2023.csv").read_text(encoding="utf-8")))
    return {u.name for u in world.units().values() if u.kind != "country"} | {r["cluster"] for r in clusters}


def names_of_records(folder: Path) -> set[str]:
    """Names and titles as the records of an observatory have them."""
    from armillary.observatory import open_observatory

    store = open_observatory(folder).store
    columns = {"institution": "name", "place": "name", "author": "name", "work": "title", "source": "name", "topic": "name"}
    return {str(n) for table, column in columns.items() for n in store.read(table)[column].to_pylist()}


PLAIN = (
    "/zh/methods",
    "/zh/methods/pp-top10",
    "/zh/glossary",
    "/zh/intervals",
    "/zh/rules",
    "/zh/series",
    "/zh/groups/eu",
    "/zh/countries/KE",
    "/zh/compare?units=KE,NG,IN",
    "/zh/claims",
    "/zh/claims/articles/cities-edition-2024",
    "/zh/api",
)
"""A page of each kind that needs no records."""


def test_pages_of_words_and_tables_are_chinese(tables: Any) -> None:
    found = Walk()
    for address in PLAIN:
        answer = tables(address)
        assert answer.status == 200, address
        page = Texts()
        page.feed(answer.text)
        for said in page.texts:
            found.texts.setdefault(said, []).append(address)
    assert sorted(set(left(found, names_of_tables()))) == []


@pytest.mark.slow
def test_all_pages_of_shipped_tables_are_chinese(tables: Any) -> None:
    found = walk(tables, "zh", 400, skip=("/rules/{chapter}",))
    assert sum(found.pages.values()) > 300
    assert sorted(set(left(found, names_of_tables()))) == []


@pytest.mark.slow
def test_every_kind_of_page_is_chinese(get: Any, small: Path) -> None:
    found = walk(get, "zh", 3, skip=("/rules/{chapter}",))
    assert len(found.pages) > 30
    assert sorted(set(left(found, names_of_records(small) | names_of_tables()))) == []
