"""`armillary rules`: the rule book at the command line, and links to it from an indicator."""

from __future__ import annotations

import json

import pytest

from armillary.cli.main import run


def test_a_section_is_printed_with_its_references(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "5.4"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("## 5.4 ") and "(5.2)" in out and "<a id" not in out
    assert "[@waltman2013]: Ludo Waltman, Michael Schreiber (2013) " in out


def test_a_chapter_is_printed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "9"]) == 0
    out = capsys.readouterr().out
    assert [f"## 9.{n} " in out for n in range(1, 6)] == [True] * 5
    assert "## 10" not in out and "# 9." in out


def test_examples_items_and_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "T5.1", "--json"]) == 0
    (place,) = json.loads(capsys.readouterr().out)
    assert place["page"] == "docs/methods/05-leiden-ranking.md#t5-1" and "omega 1/3" in place["text"]
    assert run(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["0", "Conventions"] and not any(line.startswith("T") for line in lines)


def test_what_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "5.44"]) == 2
    assert "unknown section of the rule book '5.44'. Did you mean" in capsys.readouterr().err


def test_an_indicator_leads_to_its_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["indicators", "pp-international"]) == 0
    out = capsys.readouterr().out
    assert "rule      5.6 " in out and "armillary rules 9.1" in out
    assert run(["indicators", "pp-top10", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["rules"][0]["page"] == "docs/methods/05-leiden-ranking.md#m5-4"
