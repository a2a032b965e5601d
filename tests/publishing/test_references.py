"""References: every record and author once, markup and special characters survive each format."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.cli.main import run
from armillary.errors import InputError
from armillary.publishing.references import RecordReference, bibtex, csl, references, ris, write_references
from support.tiny import observatory


def one(title: str, *authors: str) -> RecordReference:
    return RecordReference(1, title, 2024, "10.1/a_b", "J & K", "1234-5678", "article", authors, False, True)


def test_records_of_a_corpus_in_the_order_asked_for(tmp_path: Path) -> None:
    papers = [
        {"id": 1, "title": "<i>A</i> &amp; B", "authors": [{"addresses": [[1]], "name": "Ada Ä"}, {"addresses": [[1]], "name": "B, C"}]},
        {"id": 2, "authors": [[[1]]], "is_retracted": True, "type": "book-chapter", "year": None},
    ]
    obs = observatory(tmp_path, papers, {1: "CN"})
    found = references(obs.corpus, [2, 1, 3, 2])
    assert [(r.work_id, r.title, r.authors) for r in found] == [(2, "Paper 2", ("[no name]",)), (1, "A & B", ("Ada Ä", "B, C"))]
    assert found[0].note == "Retracted."
    assert found[0].kinds == ("CHAP", "incollection", "chapter")
    assert json.loads(csl(found))[1]["author"] == [{"literal": "Ada Ä"}, {"literal": "B, C"}]


def test_formats() -> None:
    r = one("50 % of {everything} & #1", "Ada Ä", "B and C")
    assert "TI  - 50 % of {everything} & #1\nAU  - Ada Ä\nAU  - B and C\nPY  - 2024\n" in ris([r])
    assert r"title = {{50 \% of \{everything\} \& \#1}}" in bibtex([r])
    assert "author = {{Ada Ä} and {B and C}}" in bibtex([r])
    assert r"doi = {10.1/a\_b}" in bibtex([r])


@given(st.text(max_size=80), st.lists(st.text(min_size=1, max_size=30), max_size=4))
def test_no_text_breaks_a_format(title: str, authors: list[str]) -> None:
    r = one(title, *authors)
    lines = ris([r, r]).splitlines()
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines if line)
    assert sum(line.startswith("ER  -") for line in lines) == 2
    text = bibtex([r])
    depth = 0
    for c in re.sub(r"\\.", "", text):
        depth += (c == "{") - (c == "}")
        assert depth >= 0
    assert depth == 0
    assert len(json.loads(csl([r]))) == 1


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    observatory(tmp_path / "o", [{"id": n, "authors": [[[1]]]} for n in range(1, 31)], {1: "CN"})
    out = tmp_path / "r.ris"
    assert run(["explain", "count", "CN", "--limit", "2", "--references", str(out), "--into", str(tmp_path / "o")]) == 0
    assert out.read_text(encoding="utf-8").count("ER  -") == 30
    assert "30 references" in capsys.readouterr().out
    with pytest.raises(InputError, match="references"):
        write_references([], tmp_path / "r.docx")
