"""The five articles: what the evidence carries, and nothing more."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from armillary.audit import published
from armillary.audit.audit import Audit, audit
from armillary.audit.language import ClaimsFile, builtin, read
from armillary.cli.main import run


@pytest.fixture(scope="module")
def claims() -> ClaimsFile:
    path = builtin("articles")
    assert path is not None
    return read(path)


@pytest.fixture(scope="module")
def result(claims: ClaimsFile) -> Audit:
    return audit(claims)


@pytest.fixture(scope="module")
def articles(real_data: Path) -> Path:
    folder = real_data.parent / "articles"
    if not folder.is_dir():
        pytest.skip(f"no articles at {folder}")
    return folder


def test_enough_claims_from_every_article(claims: ClaimsFile) -> None:
    assert len(claims.claims) >= 45
    for key in claims.articles:
        assert sum(c.article == key for c in claims.claims) >= 9


@pytest.mark.parametrize(
    ("claim", "kind"),
    [
        ("clusters-26-no-edition", "other-period"),
        ("clusters-26-gii-2024", "supported"),
        ("cities-edition-2024", "other-period"),
        ("cities-historic-majority", "contradicted"),
        ("cities-majority-first-time", "supported"),
        ("researchers-above-us-and-eu", "contradicted"),
        ("rd-2-trillion-2019", "supported"),
        ("gii-34-14-11", "supported"),
        ("gii-top-ten-first-time", "supported"),
        ("beijing-nine-years", "supported"),
        ("hcr-one-fifth", "supported"),
        ("hcr-harvard-170", "not-decidable"),
        ("hangzhou-first-time", "not-decidable"),
        ("cas-first-chemistry", "not-decidable"),
        ("twelve-universities-in-twenty", "not-decidable"),
        ("stem-graduates-2020", "not-decidable"),
    ],
)
def test_known_findings(result: Audit, claim: str, kind: str) -> None:
    assert next(v for v in result.verdicts if v.claim.id == claim).kind == kind


def test_the_clusters_finding_says_24_and_that_the_method_changed(result: Audit) -> None:
    found = next(v for v in result.verdicts if v.claim.id == "clusters-26-no-edition")
    assert "24 of the first 100" in found.outcome.found
    assert found.stands_in == (2024,)
    assert any("venture-capital" in c for c in found.caveats)


def test_two_trillion_is_the_first_year_above(result: Audit) -> None:
    found = next(v for v in result.verdicts if v.claim.id == "rd-2-trillion-2019").outcome.found
    assert "first above 2,000,000 in 2019" in found and "2018: 1,967,793" in found


def test_texts_are_compared(result: Audit) -> None:
    kinds = {c.kind: c for c in result.consistency}
    assert set(kinds) == {"two-names", "carried-over", "disagree"}
    assert "both name the same list" in kinds["two-names"].says


def test_contradictions_and_outdated_figures_come_first(result: Audit) -> None:
    kinds = [v["verdict"] for v in result.as_dict()["verdicts"]]
    assert kinds == sorted(kinds, key=["contradicted", "other-period", "not-decidable", "supported"].index)


def test_no_verdict_without_cells_and_sources(result: Audit) -> None:
    for verdict in result.verdicts:
        if verdict.kind == "not-decidable":
            assert verdict.lacks, verdict.claim.id
        else:
            assert verdict.outcome.cells and verdict.sources and verdict.outcome.found, verdict.claim.id
            for source in verdict.sources:
                assert source.title and source.publisher and source.accessed, source


def test_the_audit_repeats_to_the_byte(claims: ClaimsFile, result: Audit) -> None:
    assert json.dumps(audit(claims).as_dict()) == json.dumps(result.as_dict())


def test_every_published_fact_has_a_source_with_publisher_and_access_date() -> None:
    for table, measure in published.all_measures():
        evidence = published.load(f"{table}/{measure}" if measure else table)
        for cell in evidence.cells.values():
            for name in cell.source.split():
                source = evidence.sources[name]
                assert source.title and source.publisher and re.fullmatch(r"\d{4}-\d\d-\d\d", source.accessed), (table, name)


def test_places_are_places_in_the_texts(claims: ClaimsFile, articles: Path) -> None:
    for article in claims.articles.values():
        assert hashlib.sha256((articles / article.file).read_bytes()).hexdigest() == article.sha256
    for claim in claims.claims:
        assert claim.at is not None and claim.article is not None
        text = (articles / claims.articles[claim.article].file).read_text(encoding="utf-8")
        piece = text[claim.at[0] : claim.at[1]]
        assert piece and piece == piece.strip(), claim.id


def test_our_words_are_ours(claims: ClaimsFile, articles: Path) -> None:
    """No claim repeats eight words in a row of its article."""
    for claim in claims.claims:
        text = (articles / claims.articles[claim.article or ""].file).read_text(encoding="utf-8")
        plain = " ".join(re.findall(r"\w+", text.lower()))
        words = re.findall(r"\w+", claim.says.lower())
        for i in range(len(words) - 7):
            assert " ".join(words[i : i + 8]) not in plain, claim.id


def test_typed_series_agree_with_the_data_at_hand(real_data: Path) -> None:
    import csv

    path = real_data / "country" / "oecd_sti" / "key_series.csv"
    if not path.is_file():
        pytest.skip(f"no {path}")
    with path.open(encoding="utf-8") as handle:
        there = {(r["var"], r["location"], r["year"]): float(r["value"]) for r in csv.DictReader(handle)}
    code = {"CN": "CHN", "US": "USA", "EU27": "EU27_2020"}
    n = 0
    for table, measure in published.all_measures():
        if table == "oecd-rd":
            for (unit, year), cell in published.load(f"{table}/{measure}").cells.items():
                assert cell.value is not None and cell.value.low == pytest.approx(there[measure, code[unit], str(year)], rel=1e-4)
                n += 1
    assert n > 300


def test_the_command_writes_text_json_html_and_markdown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "audit"
    assert run(["audit", "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert text.index("CONTRADICTED") < text.index("OUTDATED") < text.index("NOT DECIDABLE") < text.index("SUPPORTED\n")
    body = json.loads((out / "audit.json").read_text(encoding="utf-8"))
    assert body["counts"]["contradicted"] == 2
    html = (out / "audit.html").read_text(encoding="utf-8")
    assert html.count('class="claim"') == len(body["verdicts"])
    assert 'http-equiv="Content-Security-Policy"' in html and "<script" not in html
    assert (out / "audit.md").read_text(encoding="utf-8").startswith("# Audit: Five articles")
    assert run(["audit", "--strict", "--quiet"]) == 1
    assert run(["audit", "--strict", "--quiet", "--only", "gii-34-14-11"]) == 0
    assert run(["audit", "--only", "gii-34-14-12"]) == 2
    assert "Did you mean 'gii-34-14-11'?" in capsys.readouterr().err


def test_markup_in_a_claims_file_is_shown_not_run(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(
        'title = "<script>alert(1)</script>"\n[[claim]]\nid = "a"\nsays = "<img src=x onerror=alert(1)>"\n'
        'predicate = "value"\nevidence = "none"\nmissing = "</p><script>"\nunit = "<b>"\nperiod = 2020\nnumber = 1\n',
        encoding="utf-8",
    )
    assert run(["audit", str(path), "--out", str(tmp_path / "o"), "--quiet"]) == 0
    html = (tmp_path / "o" / "audit.html").read_text(encoding="utf-8")
    assert "<script" not in html and "<img" not in html


def test_the_page_in_the_docs_is_this_audit(result: Audit) -> None:
    from armillary.audit.text import markdown

    page = Path(__file__).resolve().parents[2] / "docs" / "audit-of-five-articles.md"
    assert page.read_text(encoding="utf-8") == markdown(result), "run python docs/make_audit_page.py"
