"""Tables of openalexR that were saved as JSON: authors and institutions are where the API has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.sources.openalex.ingest import ingest

I1 = {"display_name": "U", "ror": "https://ror.org/042nb2s44", "country_code": "DE", "type": "education"}
BASE = {"id": "https://openalex.org/W1", "display_name": "T", "publication_year": 2020, "publication_date": "2020-01-01", "type": "article"}
VERSION_2 = BASE | {
    "authorships": [
        {
            "id": "https://openalex.org/A5",
            "display_name": "X",
            "author_position": "first",
            "is_corresponding": True,
            "affiliation_raw": "U, Bonn",
            "affiliations": [{"id": "https://openalex.org/I1", **I1, "lineage": "https://openalex.org/I1, https://openalex.org/I2"}],
        },
        {"id": "https://openalex.org/A6", "display_name": "Y", "author_position": "last", "affiliations": [{}]},
    ],
    "source_display_name": "J",
    "source_id": "https://openalex.org/S1",
    "topics": [
        {"i": 1, "score": 0.9, "name": "topic", "id": "https://openalex.org/T10001", "display_name": "t"},
        {"i": 1, "score": 0.9, "name": "field", "id": "https://openalex.org/fields/17", "display_name": "f"},
    ],
    "referenced_works": "https://openalex.org/W2",
}
VERSION_1 = BASE | {
    "author": [
        {
            "au_id": "https://openalex.org/A5",
            "au_display_name": "X",
            "author_position": "first",
            "au_affiliation_raw": "U, Bonn",
            "institution_id": "https://openalex.org/I1",
            **{f"institution_{k}": v for k, v in I1.items()},
            "institution_lineage": "https://openalex.org/I1",
        },
        {"au_id": "https://openalex.org/A6", "au_display_name": "Y", "author_position": "last"},
    ],
    "so": "J",
    "so_id": "https://openalex.org/S1",
}


@pytest.mark.parametrize("row", [VERSION_1, VERSION_2], ids=["version 1", "version 2"])
@pytest.mark.parametrize("form", ["array", "lines"])
def test_authors_and_institutions_are_kept(tmp_path: Path, row: dict[str, Any], form: str) -> None:
    rows = [row, row | {"id": "https://openalex.org/W3"}]
    text = json.dumps(rows, indent=1) if form == "array" else "\n".join(map(json.dumps, rows))
    (tmp_path / "w.json").write_text(text)
    store = Store.create(tmp_path / "o")
    ingest(tmp_path / "w.json", store, workers=1)
    authors = [(r["work_id"], r["author_id"]) for r in store.read("authorship").to_pylist()]
    places = {(r["work_id"], r["institution_id"], r["country_code"]) for r in store.read("affiliation").to_pylist()}
    assert authors == [(1, 5), (1, 6), (3, 5), (3, 6)]
    assert {p for p in places if p[1]} == {(1, 1, "DE"), (3, 1, "DE")}
    assert {r["source_id"] for r in store.read("work").to_pylist()} == {1}


def test_records_without_authors_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.json").write_text(json.dumps({"meta": {}, "results": [{"id": "https://openalex.org/W1", "title": "T"}]}))
    assert run(["ingest", "openalex", str(tmp_path / "p.json"), "--into", str(tmp_path / "o"), "--workers", "1"]) == 0
    assert "1 works name no authors" in capsys.readouterr().out
