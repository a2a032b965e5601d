"""No English is left on the Chinese pages: a walk over the site reads every text that a reader meets."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from crawling import Walk, english, walk

from armillary.core.store import Store
from armillary.registry import world
from armillary.web.app import create_app
from armillary.web.pages.ask import EXAMPLES
from armillary.web.settings import Settings

ALLOWED = (
    # names as they are: licences, publishers, programs, conferences, and the words of the command line
    r"CC BY [\d.]+|Creative Commons[\w .-]*|Apache-2\.0|armillary [a-z -]+|--[a-z-]+|https?://\S+|[\w.-]+\.(?:com|org|cn|tv)\S*",
    r"Nature Index[\w ,-]*|Leiden Ranking Open Edition|Research Organization Registry|Natural Earth|Global Innovation Index",
    r"(?:CWTS|OurResearch|Epoch AI|PitchBook|GitHub Innovation Graph|Innovation Graph|Nobel Prize)[\w ]*",
)
NAMES = ("institution", "university")


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
    return Client(create_app(folder, settings=Settings(rate_per_s=0, names=("testserver",)), threads=1))


def names_of_tables() -> set[str]:
    """Names of institutions, places and regions that the tables give in English only."""
    out = {u.name for u in world.units().values() if u.kind != "country"}
    return out | {r["cluster"] for r in world.table_rows("clusters-2023")} if hasattr(world, "table_rows") else out


@pytest.mark.slow
def test_pages_of_shipped_tables_are_chinese(tables: Any) -> None:
    found = walk(tables, "zh", 400)
    assert sum(found.pages.values()) > 300
    assert sorted(set(left(found, names_of_tables()))) == []


def test_one_page_of_each_kind_is_chinese(get: Any, small: Path) -> None:
    from armillary.observatory import open_observatory

    store = open_observatory(small).store
    names = {
        str(n)
        for t, c in (("institution", "name"), ("place", "name"), ("author", "name"), ("work", "title"), ("source", "name"))
        for n in store.read(t)[c].to_pylist()
    }
    found = walk(get, "zh", 1, skip=("/rules/{chapter}",))
    assert len(found.pages) > 30
    assert sorted(set(left(found, names))) == []
