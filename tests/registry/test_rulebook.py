"""The rule book: citations in code, data, tests and pages lead somewhere, anchors are stable, keys are in the bibliography."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from armillary.errors import UnknownNameError
from armillary.indicators import all_indicators
from armillary.registry import rulebook

ROOT = Path(__file__).resolve().parents[2]
KINDS = {".py", ".md", ".toml", ".html", ".ipynb"}
BOOK = ROOT / "docs" / "methods"


def texts() -> list[tuple[str, str]]:
    """Every text of the repository that may cite: its path and what it says."""
    found = [p for top in ("src", "tests", "docs", "benchmarks", "scripts") for p in sorted((ROOT / top).rglob("*")) if p.suffix in KINDS]
    found += [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
    keep = [p for p in found if p != Path(__file__).resolve() and "generated" not in p.parts]
    return [(p.relative_to(ROOT).as_posix(), p.read_text(encoding="utf-8")) for p in keep]


def test_no_citation_is_dead():
    dead = [f"{name}: {c.number}" for name, text in texts() for c in rulebook.citations(text) if c.number not in rulebook.rules()]
    assert dead == []


def test_there_is_something_to_check():
    cited = [c.number for _, text in texts() for c in rulebook.citations(text)]
    assert len(cited) > 200
    assert len(set(cited)) > 60


def test_formulas_that_are_cited_stand_in_the_chapter():
    dead = []
    for name, text in texts():
        for c in rulebook.citations(text):
            chapter = rulebook.chapters()[rulebook.rule(c.number).page]
            dead += [f"{name}: {c.number} ({f})" for f in c.formulas if not re.search(rf"(?m)\({re.escape(f)}\)$", chapter)]
    assert dead == []


def test_every_indicator_and_scope_cites_the_book_or_names_another_source():
    from armillary.counting.scopes import scopes

    bare = [i.id for i in all_indicators().values() if not rulebook.cited(i.source)]
    assert bare == []
    assert [name for name, s in scopes().items() if not rulebook.cited(s["source"])] == ["oam"]


def test_no_document_outside_the_repository_is_cited():
    outside = re.compile(r"\(DESIGN\b|\bDESIGN, |\bENGINE [A-Z]\b|\bHOUSE\.md|\bMETHODS\.md|shared notes")
    assert [name for name, text in texts() if outside.search(text)] == []


def test_anchors_are_the_numbers():
    for number, place in rulebook.rules().items():
        text = rulebook.chapters()[place.page]
        assert text.count(f'<a id="{place.anchor}"></a>') == 1, number
        assert place.page.startswith(f"{int(place.chapter):02d}-"), number
    anchors = [a for text in rulebook.chapters().values() for a in re.findall(r'<a id="([^"]+)">', text)]
    assert sorted(anchors) == sorted(r.anchor for r in rulebook.rules().values())


def test_the_index_lists_every_chapter():
    index = (BOOK / "index.md").read_text(encoding="utf-8")
    assert [page for page in rulebook.chapters() if f"({page}.md)" not in index] == []


def test_keys_are_in_the_bibliography_and_used():
    used = {k for text in rulebook.chapters().values() for k in re.findall(r"\[@([\w-]+)\]", text)}
    assert sorted(used - rulebook.references().keys()) == []
    assert sorted(rulebook.references().keys() - used) == []
    assert all(r.authors and r.title for r in rulebook.references().values())


def test_what_is_remembered_is_marked():
    """Constants that no text confirms carry the mark where they stand."""
    for number, constant in {"2.3": "66 %", "2.4": "two constants", "3.2": "4,500", "6.1": "30 authors", "1.5": "latest year"}.items():
        text = rulebook.rule(number).text
        assert constant in text and re.search("[Rr]emembered", text), number


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("METHODS 5.4", ["5.4"]),
        ("see METHODS 5.7, 11.1 and 11.2; and 9.9", ["5.7", "11.1", "11.2"]),
        ("METHODS 6.1-6.4", ["6.1", "6.4"]),
        ("METHODS section 2: steps", ["2"]),
        ("(METHODS T9.1, T9.4)", ["T9.1", "T9.4"]),
        ("METHODS 1, T1.1 to T1.5", ["1", "T1.1", "T1.5"]),
        ("METHODS 12.1.5", ["12.1.5"]),
        ("broken (METHODS\n    8)", ["8"]),
        ("METHODS 9.4, 3 steps", ["9.4"]),
        ("treat.METHODS, base", []),
    ],
)
def test_citations_are_read_as_written(text, numbers):
    assert [c.number for c in rulebook.citations(text)] == numbers


def test_formulas_belong_to_the_number_before_them():
    (c,) = rulebook.citations("METHODS 5.4 (5.2, 5.3)")
    assert c.formulas == ("5.2", "5.3")


def test_links_keep_the_text_between():
    made = rulebook.linked("a <b> METHODS 5.7, 11.1 (x)", lambda n, r: f"[{n}]({r.url()})", lambda s: s.replace("<", "&lt;"))
    assert made == ("a &lt;b> METHODS [5.7](docs/methods/05-leiden-ranking.md#m5-7), [11.1](docs/methods/11-uncertainty.md#m11-1) (x)")


def test_unknown_sections_are_one_line():
    with pytest.raises(UnknownNameError, match=r"unknown section of the rule book '5\.44'\. Did you mean"):
        rulebook.rule("5.44")
    assert rulebook.rule("METHODS 5.4") is rulebook.rule("5.4")
    assert rulebook.rule("t5.1").number == "T5.1"
