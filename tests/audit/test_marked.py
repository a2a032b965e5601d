"""An article with its claims in place: the passages are the whole text, each claim has an answer, a paragraph begins anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.audit.marked import mark
from armillary.cli.main import run
from armillary.reports.marked import marked_html

TEXT = (
    "On science.\n\nIndia is the third largest producer of scientific papers. It rained.\n\n"
    "Germany's R&D expenditure was 3.1 percent of GDP in 2023 & more.\n\nJapan is the largest producer of scientific papers."
)


def test_the_passages_are_the_whole_text_and_claims_are_judged() -> None:
    article = mark(TEXT, date="2024-09-01")
    assert "".join(p.text for p in article.passages) == TEXT
    assert [p.number for p in article.claims] == [1, 2, 3]
    assert [p.answer.verdict for p in article.claims if p.answer] == ["supported", "not-decidable", "contradicted"]
    assert article.counts["contradicted"] == 1
    assert all(TEXT[p.start : p.end] == p.text for p in article.passages)


def test_the_page_is_escaped_and_leads_from_mark_to_finding() -> None:
    page = marked_html(mark(TEXT), "A <title>")
    assert "<h1>A &lt;title&gt;</h1>" in page
    assert "2023 &amp; more" in page
    assert 'href="#c1"' in page and 'id="c1"' in page


def test_the_command_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.txt"
    file.write_text(TEXT, encoding="utf-8")
    assert run(["claims", "extract", str(file), "--html", str(tmp_path / "a.html"), "--out", str(tmp_path / "a.toml")]) == 0
    assert "<mark class=" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "3 claims marked" in capsys.readouterr().err
