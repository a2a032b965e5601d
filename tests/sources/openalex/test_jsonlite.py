"""Records saved by R read as those of the API."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.sources.openalex import jsonlite


def boxed(value: Any) -> Any:
    """As jsonlite writes a list of R without ``auto_unbox``."""
    if isinstance(value, dict):
        return {k: boxed(v) for k, v in value.items()}
    if isinstance(value, list):
        return [boxed(v) for v in value]
    return {} if value is None else [value]


def simplified(value: Any) -> Any:
    """The same where lists of plain values had become vectors."""
    if isinstance(value, dict):
        return {k: simplified(v) for k, v in value.items()}
    if isinstance(value, list):
        return [simplified(v) if isinstance(v, dict | list) else v for v in value]
    return {} if value is None else [value]


def unboxed(value: Any) -> Any:
    """With ``auto_unbox = TRUE``."""
    if isinstance(value, dict):
        return {k: unboxed(v) for k, v in value.items()}
    if isinstance(value, list):
        return [unboxed(v) for v in value]
    return {} if value is None else value


@pytest.mark.parametrize("form", [boxed, simplified, unboxed], ids=["boxed", "simplified", "unboxed"])
def test_the_same_tables_as_from_the_api(form: Any, tmp_path: Path) -> None:
    assert run(["synthetic", str(tmp_path / "w"), "--works", "1000", "--quiet", "--processes", "1"]) == 0
    part = min((tmp_path / "w" / "data" / "jsonl" / "works").rglob("*.gz"))
    works = [json.loads(line) for line in gzip.decompress(part.read_bytes()).splitlines()][:40]
    stores = []
    for name, content in (("api", works), ("r", [form(w) for w in works])):
        path = tmp_path / f"of-{name}" / "works.json"
        path.parent.mkdir()
        path.write_text(json.dumps(content), encoding="utf-8")
        assert run(["ingest", "openalex", str(path), "--into", str(tmp_path / name), "--abstracts", "--quiet"]) == 0
        stores.append(Store.open(tmp_path / name))
    api, r = stores
    for table in api.tables():
        if table not in ("manifest", "reject"):
            assert api.read(table).equals(r.read(table)), table
    assert api.rows("work") == 40


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(), x, max_size=3)))
def test_what_r_did_not_write_is_handed_back_as_it_is(value: Any) -> None:
    text = json.dumps({"id": "https://openalex.org/W1", "x": value}).encode()
    if b"{}" not in text:
        assert jsonlite.plain(text) is text
    else:
        assert json.loads(jsonlite.plain(text))["id"] == "https://openalex.org/W1"


def test_what_is_no_record_is_left_alone() -> None:
    for text in (b"", b"[", b'{"id":["x"', b'[{"id":["x"]}]', b"\xff"):
        assert jsonlite.plain(text) == text
