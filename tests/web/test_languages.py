"""A language is one folder: found by itself, its lacks are seen and marked, and text from right to left is laid out from right to left."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from armillary.registry import world
from armillary.web import current, i18n, phrases
from armillary.web.current import Current, set_current

PO = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Glossary"\nmsgstr "مسرد"\n'


@pytest.fixture
def arabic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with one translated word, written from right to left."""
    folder = tmp_path / "i18n" / "ar"
    folder.mkdir(parents=True)
    (folder / "language.toml").write_text('locale = "ar"\n')
    (folder / "pages.po").write_text(PO, encoding="utf-8")
    for module in (current, i18n, phrases):
        monkeypatch.setattr(module, "I18N", tmp_path / "i18n")
    found = current.locales()
    assert found == {"en": "en", "ar": "ar"}
    monkeypatch.setitem(current.LANGUAGES, "ar", found["ar"])
    caches = (i18n.catalogue, i18n.habits)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()
    set_current(Current())


def test_folders_are_found_and_english_needs_none() -> None:
    assert current.locales() == {"en": "en", "zh": "zh_Hans", "es": "es"}
    assert [i18n.own_name(language) for language in current.LANGUAGES] == ["English", "中文", "Español"]


def test_what_a_language_lacks_is_english_and_says_so(arabic: None, get: Any) -> None:
    html = get("/ar/glossary").text
    assert '<html lang="ar" dir="rtl">' in html
    assert "<h1>مسرد</h1>" in html and "<title>مسرد – Armillary</title>" in html
    assert '<span lang="en" dir="ltr">Term</span>' in html
    # in attributes and in the head there is no markup, and nowhere a sign of what is lacking
    assert 'placeholder="Search: country, city, measure …"' in html
    assert i18n.BEGIN not in html and i18n.END not in html


def test_texts_made_elsewhere_are_unmarked(arabic: None) -> None:
    set_current(Current(language="ar"))
    assert i18n.gettext("Term") == "Term" and i18n.marked("Term") == f"{i18n.BEGIN}Term{i18n.END}"
    assert i18n.shown_as_english(f'<a title="{i18n.marked("Term")}">{i18n.marked("Term")}</a>') == (
        '<a title="Term"><span lang="en" dir="ltr">Term</span></a>'
    )


def test_no_rule_of_the_style_sheet_knows_left_from_right() -> None:
    css = files("armillary.web").joinpath("static", "style.css").read_text(encoding="utf-8")
    assert re.findall(r"(?:margin|padding|border)-(?:left|right)|text-align:\s*(?:left|right)|(?<![\w-])(?:left|right)\s*:", css) == []


@pytest.mark.parametrize("language", ["es", "zh"])
def test_how_much_of_the_tables_a_language_has(language: str) -> None:
    """Names, measures and parts of the shipped series; the texts of pages are held to be whole elsewhere."""
    set_current(Current(language=language))
    series = world.catalogue().series.values()
    said = {s.unit_of_measure for s in series} | {p for s in series if s.unit_kind == "country" for p in s.parts}
    said |= {s.name for s in series} if language != "zh" else set()  # Chinese names of series are in the catalogue itself
    lacking = sorted(t for t in said if i18n.BEGIN in i18n.marked(t))
    set_current(Current())
    assert lacking == []


@pytest.mark.parametrize("language", ["es", "zh"])
def test_every_catalogue_can_be_read(language: str) -> None:
    for file in current.I18N.joinpath(language).iterdir():
        if file.name.endswith(".po"):
            found = read_po(io.StringIO(file.read_text(encoding="utf-8")), locale=current.LANGUAGES[language])
            ids = re.findall(r'^msgid "(.+)"$', file.read_text(encoding="utf-8"), re.MULTILINE)
            assert len(ids) == len(set(ids)) == len([m for m in found if m.id])


def test_phrases_are_put_over_or_marked() -> None:
    set_current(Current(language="zh"))
    assert phrases.spoken("China has 6 of the first 10 in 2024 (2025 supplement)") == "2024年（2025年增刊）前10名中中国有6个"
    assert phrases.spoken("supported for edition 2024, not for edition 2025") == "对2024年版成立，对2025年版不成立"
    assert phrases.spoken("too few papers (12)") == "论文太少（12篇）"
    assert phrases.spoken("a thing that no rule knows") == f"{i18n.BEGIN}a thing that no rule knows{i18n.END}"
    set_current(Current(language="es"))
    assert (
        phrases.spoken("China has 6 of the first 10 in 2024 (2025 supplement)")
        == "China tiene 6 de los 10 primeros en 2024 (suplemento de 2025)"
    )
    assert phrases.spoken("China is 1st in 2024") == "China: puesto 1 en 2024"
    set_current(Current())
    assert phrases.spoken("too few papers (12)") == "Too few papers (12)"


def test_numbers_in_composed_texts_take_the_signs_of_the_language() -> None:
    """1,234 read in Spanish is one and a quarter: the sign of thousands must be that of the language."""
    set_current(Current(language="es"))
    assert phrases.spoken("below 1,234") == "por debajo del puesto 1.234"
    assert phrases.numbers("12.5 of 1,234,567.8; version 1.0.0, 2024") == "12,5 of 1.234.567,8; version 1.0.0, 2024"
    set_current(Current(language="zh"))
    assert phrases.spoken("below 1,234") == "第1,234名之后"
    set_current(Current())


@pytest.mark.parametrize("language", ["es", "zh"])
def test_every_language_with_phrases_knows_the_same_texts(language: str) -> None:
    import tomllib

    kept, other = (tomllib.loads(current.I18N.joinpath(k, "phrases.toml").read_text(encoding="utf-8")) for k in (language, "zh"))
    assert kept["words"].keys() == other["words"].keys()
    assert [r["match"] for r in kept["rule"]] == [r["match"] for r in other["rule"]]
    for r in kept["rule"]:
        assert {int(n) for n in re.findall(r"\{(\d)", r["say"])} <= set(range(1, re.compile(r["match"]).groups + 1)), r


YARDSTICK = "The yardstick is of 2025-01-01, the records of 2026-01-01:"
WITHIN = (
    "Within this corpus: compared with each other, not with the world (a sample of 1,200 works); the mean of all is 1, and the top x % are "
    "x % of them, by construction."
)


@pytest.mark.parametrize("language", ["es", "zh"])
def test_breaks_and_yardsticks_are_said_in_the_language(language: str) -> None:
    from armillary.registry.breaks import all_breaks, by_year
    from armillary.web.render import told

    set_current(Current(language=language))
    notes = [b.note for b in all_breaks()]
    marks = phrases.said_breaks(notes)
    assert marks.keys() == by_year(notes).keys() and all(b.date in marks[b.date[:4]] for b in all_breaks())
    said = [
        *map(told, notes),
        told(f"{YARDSTICK} 365 days apart; citations of the time between are in the records only."),
        told(f"{YARDSTICK} how far apart is not known."),
        told(WITHIN),
    ]
    # a chart with a break, as a screen reader hears it
    said.append(phrases.spoken("Articles: China until 2022; India until 2022 Break in 2021: China"))
    set_current(Current())
    assert [t for t in (*said, *marks.values()) if i18n.BEGIN in t or re.search(r"\b(records|since|years|record change|Break)\b", t)] == []
