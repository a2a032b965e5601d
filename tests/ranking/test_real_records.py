"""The spine on the 11,980 real works: against a plain reading of the same JSON, in exact fractions."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import armillary as arm
from armillary.cli.main import run
from armillary.counting.checks import run_checks
from armillary.observatory import Observatory
from reference.raw_works import TYPES, is_matter, number, read_institutions


@pytest.fixture(scope="module")
def real(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Observatory:
    folder = tmp_path_factory.mktemp("real") / "observatory"
    assert run(["ingest", "openalex", str(real_data / "openalex"), "--into", str(folder), "--quiet"]) == 0
    assert run(["ingest", "ror", str(real_data / "ror"), "--into", str(folder), "--quiet"]) == 0
    return arm.open(folder)


def records(folder: Path) -> Iterator[dict[str, Any]]:
    """The newest version of every work, as the files hold it."""
    newest: dict[str, dict[str, Any]] = {}
    for path in sorted((folder / "openalex" / "data" / "works").rglob("*.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                work = json.loads(line)
                if work["id"] not in newest or (work.get("updated_date") or "") > (newest[work["id"]].get("updated_date") or ""):
                    newest[work["id"]] = work
    return iter(newest.values())


def test_every_record_is_kept_and_the_data_tests_pass(real: Observatory) -> None:
    assert real.store.rows("work") == 11_980
    assert real.store.info()["entities"]["works"]["rejected"] == 0
    assert [o.name for o in run_checks(real.corpus) if not o.ok] == []


def is_short(work: dict[str, Any], listed: list[dict[str, Any]]) -> bool:
    """A list of exactly 100 authors that does not say that it is whole, of a record that counts more institutions or countries."""
    if len(listed) != 100 or work.get("is_authors_truncated") is False or work.get("authors_count") == 100:
        return False
    institutions = {i["id"] for a in listed for i in a.get("institutions") or [] if i.get("id")}
    countries = {c for a in listed for c in a.get("countries") or [] if c}
    # the number of institutions counts the authorships since November 2025
    more = (work.get("institutions_distinct_count") or 0) > max(100, len(institutions))
    return more or (work.get("countries_distinct_count") or 0) > len(countries)


def each_once(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two lines of one author under one name are one author with both addresses."""
    found: dict[Any, dict[str, Any]] = {}
    for n, a in enumerate(listed):
        author = a.get("author") or {}
        name = a.get("raw_author_name") or author.get("display_name") or ""
        nobody = not author.get("id") or author["id"].endswith(("/A9999999999", "/A5317838346"))
        key = n if nobody else (author["id"], "".join(c for c in name.casefold() if c.isalnum()))
        mine = found.setdefault(key, {"institutions": [], "countries": [], "raw": []})
        mine["institutions"] = mine["institutions"] + (a.get("institutions") or [])
        mine["countries"] = mine["countries"] + (a.get("countries") or [])
    return list(found.values())


def test_country_share_equals_a_plain_reading_of_the_json(real: Observatory, real_data: Path) -> None:
    expected: dict[str, Fraction] = defaultdict(Fraction)
    n = 0
    openalex = real_data / "openalex" / "data"
    (ror,) = sorted((real_data / "ror").glob("*.jsonl.gz"))
    institutions = read_institutions(openalex / "institutions", openalex / "works", ror)

    def own(link: str) -> str | None:
        """Country of the institution's own record, else of ROR: it counts where the work's record has none (METHODS 5.8)."""
        return institutions[number(link) or 0].country

    for work in records(real_data):
        listed = work.get("authorships") or []
        authors = each_once(listed)
        is_paratext = work.get("is_paratext") or work.get("type") in ("paratext", "journal-issue")
        is_cut = work.get("is_authors_truncated") or (work.get("authors_count") or 0) > len(listed) or is_short(work, listed)
        kind = TYPES.get(work.get("type") or "", work.get("type"))
        if work.get("is_retracted") or is_paratext or is_matter(work, kind) or work.get("is_xpac") or is_cut:
            continue
        n += 1
        for author in authors:
            matched = {i["id"]: i.get("country_code") or own(i["id"]) for i in author.get("institutions") or [] if i.get("id")}
            if matched:
                for code in matched.values():
                    if code:
                        expected[code] += Fraction(1, len(authors) * len(matched))
                continue
            named = set(author.get("countries") or []) | {
                i["country_code"] for i in author.get("institutions") or [] if i.get("country_code")
            }
            for code in named:
                expected[code] += Fraction(1, len(authors) * len(named))
    ranking = real.rank("share")
    assert ranking.meta["records"] == n == 11_878
    got = {r["unit_id"]: r["value"] for r in ranking.ranked.to_pylist()}
    assert got == pytest.approx({k: float(v) for k, v in expected.items()}, abs=1e-8)
    assert sum(r["value"] for r in ranking.rows()) == pytest.approx(n, abs=1e-6)


def test_explain_of_a_real_unit_adds_up_exactly(real: Observatory) -> None:
    why = real.rank("share").explain("CN")
    assert why.num == sum(why.table["num"].to_pylist())
    assert why.records == why.table.num_rows


@pytest.mark.parametrize("unit", ["country", "institution", "city", "region", "author", "field"])
@pytest.mark.parametrize("indicator", ["share", "pp-top10", *(pytest.param(i, marks=pytest.mark.slow) for i in ("count", "mncs"))])
def test_every_unit_can_be_ranked(real: Observatory, unit: str, indicator: str) -> None:
    impact = {"within_corpus": True, "minimum": 0} if indicator in ("pp-top10", "mncs") else {}
    ranking = real.rank(indicator, unit=unit, period="2010-2021", **impact)
    assert len(ranking) > 5
    assert ranking.ranked["rank"][0].as_py() == 1


def test_the_journal_list_finds_its_works(real: Observatory) -> None:
    rows = real.rank("share", scope="journals-145")
    assert 0 < rows.meta["records"] < 1_000
    subjects = sum(
        real.rank("share", scope="journals-145", subject=s).meta["records"]
        for s in ("biological", "chemistry", "earth-environmental", "health", "physical")
    )
    assert subjects > 0
