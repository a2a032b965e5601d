"""Records and snapshots made by hand."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from armillary.core.store import Store
from armillary.sources.openalex.ingest import IngestReport, ingest

LINK = "https://openalex.org/"
Record = dict[str, Any]


def institution(number: int | None, country: str | None = "FR", **more: Any) -> Record:
    return {
        "id": None if number is None else f"{LINK}I{number}",
        "display_name": f"Institute {number}",
        "ror": f"https://ror.org/0{number}",
        "country_code": country,
        "type": "education",
        "lineage": [f"{LINK}I{number}"],
    } | more


def author(number: int | None, *lines: tuple[str, list[Record]], **more: Any) -> Record:
    """An authorship of today's shape: address lines with their institutions."""
    institutions = list({i["id"]: i for _, found in lines for i in found}.values())
    return {
        "author": {"id": None if number is None else f"{LINK}A{number}", "display_name": f"Author {number}", "orcid": None},
        "raw_author_name": f"A. {number}",
        "is_corresponding": False,
        "institutions": institutions,
        "countries": sorted({i["country_code"] for i in institutions if i["country_code"]}),
        "raw_affiliation_strings": [line for line, _ in lines],
        "affiliations": [{"raw_affiliation_string": line, "institution_ids": [i["id"] for i in found]} for line, found in lines],
    } | more


def work(number: int, *authorships: Record, **more: Any) -> Record:
    """A work of today's shape."""
    return {
        "id": f"{LINK}W{number}",
        "doi": f"https://doi.org/10.5555/{number}",
        "title": f"Work {number}",
        "publication_year": 2020,
        "publication_date": "2020-02-03",
        "type": "article",
        "language": "en",
        "is_retracted": False,
        "is_paratext": False,
        "is_xpac": False,
        "primary_location": {
            "source": {"id": f"{LINK}S7", "display_name": "Journal", "issn_l": "1234-5679", "issn": ["1234-5679"], "type": "journal"}
        },
        "topics": [],
        "authorships": list(authorships),
        "referenced_works": [],
        "cited_by_count": 1,
        "awards": [],
        "updated_date": "2025-01-01T00:00:00.000000",
    } | more


def write_lines(path: Path, records: list[Any]) -> Path:
    """Records (or raw bytes) as JSONL, gzipped if the name says so."""
    data = b"".join((r if isinstance(r, bytes) else json.dumps(r).encode()) + b"\n" for r in records)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def write_snapshot(root: Path, **entities: dict[str, list[Any]]) -> Path:
    """``write_snapshot(root, works={"2025-01-01": [...]})`` in the layout of OpenAlex, with manifests."""
    for entity, partitions in entities.items():
        entries = []
        for date, records in partitions.items():
            path = write_lines(root / "data" / entity / f"updated_date={date}" / "part_000.gz", records)
            meta = {"content_length": path.stat().st_size, "record_count": len(records)}
            entries.append({"url": f"s3://openalex/data/{entity}/updated_date={date}/part_000.gz", "meta": meta})
        (root / "data" / entity / "manifest").write_text(json.dumps({"entries": entries}))
    return root


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., tuple[Store, IngestReport]]:
    """Ingest records given as a list, return the store and the summary."""

    def run(records: list[Any], **options: Any) -> tuple[Store, IngestReport]:
        store = Store.create(tmp_path / "observatory")
        return store, ingest(write_lines(tmp_path / "works.jsonl.gz", records), store, **options)

    return run


def dump(store: Store) -> dict[str, list[Record]]:
    """All rows of all tables."""
    return {t: store.read(t).to_pylist() for t in store.tables()}


def content(store: Store) -> dict[str, list[str]]:
    """Rows without the bookkeeping, sorted: what must not depend on how the records came."""
    return {t: sorted(map(repr, rows)) for t, rows in dump(store).items() if t not in ("manifest", "quirk", "reject", "merged_id")}


@pytest.fixture(scope="session")
def real_store(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, IngestReport]:
    """All real records, read once; copy it before writing."""
    store = Store.create(tmp_path_factory.mktemp("real") / "observatory")
    return store, ingest(real_data / "openalex", store, abstracts=True)
