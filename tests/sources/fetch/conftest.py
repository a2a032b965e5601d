from __future__ import annotations

import gzip
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_SPEC = importlib.util.spec_from_file_location("fetch_loopback", Path(__file__).with_name("loopback.py"))
assert _SPEC and _SPEC.loader
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "OPENALEX_API_KEY", "OPENALEX_MAILTO"):
        monkeypatch.delenv(name, raising=False)
    made = _MODULE.Loopback()
    yield made
    made.close()


def work(i: int) -> dict[str, Any]:
    """A work with the keys that the API serves."""
    return {
        "id": f"https://openalex.org/W{1000 + i}",
        "doi": f"https://doi.org/10.5555/{i}",
        "title": f"On things, part {i} — é",
        "display_name": f"On things, part {i}",
        "publication_year": 2024,
        "publication_date": "2024-03-01",
        "type": "article",
        "language": "en",
        "is_retracted": False,
        "cited_by_count": i,
        "referenced_works": [],
        "updated_date": "2026-06-24T10:00:00",
        "primary_location": None,
        "authorships": [
            {
                "author_position": "first",
                "author": {"id": f"https://openalex.org/A{5000 + i}", "display_name": "A. Author", "orcid": None},
                "institutions": [
                    {
                        "id": "https://openalex.org/I35440088",
                        "display_name": "ETH Zurich",
                        "ror": "https://ror.org/05a28rw58",
                        "country_code": "CH",
                        "type": "education",
                        "lineage": ["https://openalex.org/I35440088"],
                    }
                ],
                "countries": ["CH"],
                "is_corresponding": True,
                "raw_affiliation_strings": ["ETH Zurich, Switzerland"],
            },
        ],
    }


@pytest.fixture
def works() -> list[bytes]:
    return [json.dumps(work(i), ensure_ascii=False).encode() for i in range(23)]


@pytest.fixture
def parts(works: list[bytes]) -> dict[str, bytes]:
    """Three part files of a snapshot, by name below the entity's folder."""

    def pack(lines: list[bytes]) -> bytes:
        return gzip.compress(b"".join(x + b"\n" for x in lines), mtime=0)

    return {
        "updated_date=2026-05-01/part_0000.gz": pack(works[:10]),
        "updated_date=2026-06-24/part_0000.gz": pack(works[10:20]),
        "updated_date=2026-06-24/part_0001.gz": pack(works[20:]),
    }
