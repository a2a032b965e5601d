"""Days on which records changed, and the notes of rankings whose records stand on both sides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from armillary.cli.main import run
from armillary.registry.breaks import KINDS, all_breaks, crossed


def test_every_kind_has_a_day() -> None:
    assert {b.of for b in all_breaks()} == set(KINDS)
    assert all(len(b.date) == 10 and b.says and not b.says.endswith(".") for b in all_breaks())


def test_only_what_lies_between_is_crossed() -> None:
    assert crossed(None, "2027-01-01") == crossed("2020-01-01", "2026-05-31T23:59:59") == crossed("2026-10-06", "2027-01-01") == []
    assert [b.of for b in crossed("2026-05-31", "2026-10-06T00:00:00")] == ["corresponding", "types", "affiliations", "goals", "topics"]
    assert [b.of for b in crossed("2026-10-03", "2026-10-05")] == ["goals"]
    assert [b.of for b in crossed("2020-01-01", "2027-01-01", {"topics"})] == ["topics"]


@pytest.mark.parametrize(("dates", "is_told"), [(("2026-07-01", "2026-11-01"), True), (("2026-10-10", "2026-11-01"), False)])
def test_a_ranking_says_what_it_crosses(tmp_path: Path, capsys: pytest.CaptureFixture[str], dates: tuple[str, str], is_told: bool) -> None:
    def work(n: int, updated: str) -> dict[str, Any]:
        institution = {"id": "https://openalex.org/I1", "display_name": "I", "country_code": "DE", "lineage": []}
        author = {"author": {"id": f"https://openalex.org/A{n}"}, "institutions": [institution], "countries": ["DE"]}
        venue = {"source": {"id": "https://openalex.org/S1", "type": "journal"}}
        mine = {"id": f"https://openalex.org/W{n}", "type": "article", "publication_year": 2020, "updated_date": f"{updated}T00:00:00"}
        return mine | {"authorships": [author], "primary_location": venue, "is_xpac": False}

    (tmp_path / "w.jsonl").write_text("".join(json.dumps(work(n, d)) + "\n" for n, d in enumerate(dates, 1)))
    assert run(["ingest", "openalex", str(tmp_path / "w.jsonl"), "--into", str(tmp_path / "o"), "--quiet"]) == 0
    capsys.readouterr()
    assert run(["rank", "count", "--scope", "articles", "--into", str(tmp_path / "o"), "--json"]) == 0
    notes = json.loads(capsys.readouterr().out)["meta"]["notes"]
    found = [n for n in notes if "counted together" in n]
    assert [("conference papers" in n, "affiliations of 54 million" in n) for n in found] == (
        [(True, False), (False, True)] if is_told else []
    )
