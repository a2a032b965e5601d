"""Manifests of every shape, and those that contradict themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.sources.openalex import manifest
from armillary.sources.openalex.manifest import Fault, read

PARTS = {"updated_date=2026-05-02/part_0000.gz": (520, 2), "updated_date=2026-06-24/part_0001.gz": (481, 1)}


def files(entity: str, root: str = "s3://openalex/data/jsonl/", parts: dict[str, tuple[int, int]] = PARTS) -> list[dict[str, Any]]:
    return [{"url": f"{root}{entity}/{n}", "meta": {"content_length": b, "record_count": r}} for n, (b, r) in parts.items()]


def own(entity: str) -> dict[str, Any]:
    return {"date": "2026-06-25", "format": "jsonl", "entity": entity, "record_count": 3, "content_length": 1001, "files": files(entity)}


SHAPES = {
    "own 2026": own("works"),
    "all 2026": {"date": "2026-06-25", "format": "jsonl", "meta": {"record_count": 9}, "entities": [own("authors"), own("works")]},
    "all as a table": {"entities": {"works": own("works"), "authors": own("authors")}},
    "all by name": {"works": own("works"), "authors": own("authors")},
    "own before": {"entries": files("works", "s3://openalex/data/"), "meta": {"record_count": 3, "content_length": 1001}},
    "entries of several": {"entries": files("authors", "s3://openalex/data/") + files("works", "s3://openalex/data/")},
    "other place": {"files": files("works", "https://mirror.example.org/a%20b/works/data/")},
    "relative": {"files": [{"url": n, "meta": {"content_length": b, "record_count": r}} for n, (b, r) in PARTS.items()]},
    "numbers as text": json.loads(json.dumps(own("works")).replace("520", '"520"')),
    "sizes beside the url": {"files": [{"url": f"works/{n}", "content_length": b, "record_count": r} for n, (b, r) in PARTS.items()]},
    "a file twice": {"files": files("works") * 2},
    "percent": {"files": [e | {"url": e["url"].replace("=", "%3D")} for e in files("works")]},
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_shape_is_the_same_list(shape: str, mark: bytes) -> None:
    found = read(mark + json.dumps(SHAPES[shape]).encode(), "works")
    assert found is not None
    assert {e.name: (e.length, e.records) for e in found.entries} == PARTS
    assert found.notes() == []


def test_the_manifest_of_others_is_none_of_mine() -> None:
    for shape in ("own 2026", "all 2026", "all as a table", "all by name"):
        assert read(json.dumps(SHAPES[shape]), "sources") is None
    assert manifest.entities(json.dumps(SHAPES["all 2026"])) == ["authors", "works"]


def test_release_and_totals() -> None:
    found = read(json.dumps(SHAPES["all 2026"]), "works")
    assert found is not None
    assert (found.date, found.form, found.records, found.length) == ("2026-06-25", "jsonl", 3, 1001)
    wrong = read(json.dumps(own("works") | {"record_count": 4}), "works")
    assert wrong is not None
    assert wrong.notes() == ["works: the manifest says 4 records in all, its files have 3"]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("<html>", "no JSON"),
        ([], "no JSON object"),
        ({}, "no list of files"),
        ({"files": {}}, "no list"),
        ({"files": [{"meta": {}}]}, "has no url"),
        ({"files": [None]}, "has no url"),
        ({"files": [{"url": "s3://openalex/data/works/../../etc/passwd"}]}, "unusable file name"),
        ({"files": [{"url": "works/a.gz", "meta": {"record_count": -1}}]}, "'-1', no count"),
        ({"files": [{"url": "works/a.gz", "meta": {"content_length": "many"}}]}, "'many', no count"),
        ({"files": [*files("works"), {"url": f"works/{next(iter(PARTS))}", "meta": {"content_length": 1}}]}, "twice, with different sizes"),
        ({"entities": [own("works"), own("works")]}, "lists works 2 times"),
        ({"entities": 7}, "neither a list nor a table"),
    ],
)
def test_what_cannot_be_used_is_said(value: Any, says: str) -> None:
    with pytest.raises(Fault, match=says):
        read(value if isinstance(value, str) else json.dumps(value), "works")


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(["works", "s3://x/works/a.gz"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["files", "entries", "entities", "entity", "url", "meta", "record_count", "works"]), inner, max_size=4
        ),
    ),
    max_leaves=12,
)


@given(_JSON)
def test_any_json_is_a_manifest_or_a_fault(value: Any) -> None:
    try:
        found = manifest.of(value, "works")
    except Fault as fault:
        assert str(fault)
    else:
        assert found is None or all(e.name and not e.name.startswith("/") and ".." not in e.name.split("/") for e in found.entries)
