"""Property, over all measures of the library in five languages: a sentence made from a cell is supported; with its number moved far beyond
any tolerance it is not supported, with its unit wrongly scaled neither, and most often contradicted."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import pytest

from armillary.audit.ask import ask
from armillary.audit.library import columns
from armillary.audit.library.measures import MeasureEntry, currency_of, factor_of, measures
from armillary.registry import read_csv, read_toml

LANGUAGES = ("en", "de", "es", "fr", "zh")
TEMPLATES = {
    "en": "In {year}, {topics} in {country} stood at {value}",
    "de": "Im Jahr {year} lag in {country} {topics} bei {value}",
    "es": "En {year}, {topics} en {country} alcanzó {value}",
    "fr": "En {year}, {topics} en {country} atteignait {value}",
    "zh": "{year}年{country}{topics}为{value}",
}
PERCENT = {"en": " percent", "de": " Prozent", "es": " %", "fr": " %", "zh": "%"}
MILLION = {"en": " million", "de": " Millionen", "es": " millones de", "fr": " millions de", "zh": "百万"}
THOUSAND = {"en": " thousand", "de": " Tausend", "es": " mil", "fr": " mille", "zh": "千"}
SHARE = {"en": "the share of", "de": "der Anteil der", "es": "la proporción de", "fr": "la part des", "zh": "的份额"}
SKIPPED = {"nobel", "population", "ai-models", "joint-papers"}
"""Read with a year or a partner of their own; tested elsewhere."""
AMBIGUOUS = {"GE", "JE", "GG", "HM", "NE", "ML", "TD", "JO", "GN", "DM", "CG", "CD", "KP", "SS", "WS", "AS", "VI", "VG", "MO", "HK"}


@dataclass(frozen=True)
class Cell:
    measure: MeasureEntry
    series: str
    unit: str
    year: int
    value: float

    @property
    def is_percent(self) -> bool:
        return self.measure.numbers == ("percent",)


def _series(m: MeasureEntry) -> str:
    return m.national or (m.series[0] if m.series else "")


def _cell(m: MeasureEntry, chance: random.Random) -> Cell | None:
    name = _series(m)
    if not name or m.id in SKIPPED or "field" in m.topics[0] or columns.described(name).unit_kind != "country":
        return None
    last = columns.latest_year(name)
    least = 0.3 if m.numbers == ("percent",) else 40.0 if m.kind != "total" else 2000.0
    found = [
        (u, y, v)
        for u, by_year in sorted(columns.column(name).items())
        if len(u) == 2 and u not in AMBIGUOUS and (not m.national or currency_of(u) in ("EUR", "USD", "JPY", "KRW", "CNY", "GBP"))
        for y, v in sorted(by_year.items())
        if last - 4 <= y <= last and v * (1 if m.national else factor_of(columns.described(name).unit_of_measure)) >= least
    ]
    if not found:
        return None
    unit, year, value = chance.choice(found)
    return Cell(m, name, unit, year, value)


def _number(v: float, language: str, places: int) -> str:
    text = f"{v:,.{places}f}"
    if language in ("de", "es"):
        return text.replace(",", "_").replace(".", ",").replace("_", ".")
    return text.replace(",", " ").replace(".", ",") if language == "fr" else text


def _money(cell: Cell, language: str) -> str:
    code = currency_of(cell.unit) if cell.measure.national else "USD"
    return str(read_toml("reading", "words.toml")[f"currency:{code}"][language][0])


def _sentence(cell: Cell, language: str, times: float = 1.0, scale: str = "") -> str | None:
    topics = read_toml("reading", "topics.toml")
    named = sorted(cell.measure.topics[0], key=lambda t: (t != "share" if language != "zh" else t == "share", t))
    said = [SHARE[language] if t == "share" else topics[t].get(language, [""])[0] for t in named]
    country = next(r for r in read_csv("vocabularies", "country_names.csv") if r["code"] == cell.unit)
    if not all(said):
        return None
    value = cell.value * times
    if cell.is_percent:
        told = _number(value, language, 2) + scale + PERCENT[language]
    elif "currency" in cell.measure.numbers:
        plain = value * (1e6 if cell.measure.national else factor_of(columns.described(cell.series).unit_of_measure))
        big = plain >= 1e6
        told = _number(plain / 1e6, language, 1) + scale + MILLION[language] if big else _number(plain, language, 0) + scale
        told += ("" if language == "zh" else " ") + _money(cell, language)
    else:
        told = _number(value, language, 0 if value >= 1000 else 1) + scale
    return TEMPLATES[language].format(
        year=cell.year, topics=("" if language == "zh" else " ").join(said), value=told,
        country=country["zh_Hans" if language == "zh" else language],
    )  # fmt: skip


def _verdicts(language: str, seed: int, every: int = 1) -> tuple[Counter[str], list[str], int]:
    chance = random.Random(f"{language} {seed}")
    seen: Counter[str] = Counter()
    bad = []
    made = 0
    for m in measures()[seed % every :: every]:
        cell = _cell(m, chance)
        true = None if cell is None else _sentence(cell, language)
        if cell is None or true is None:
            continue
        made += 1
        answer = ask(true, language=language)
        seen["true " + answer.verdict.split("-")[0]] += 1
        if answer.verdict in ("contradicted", "inconsistent"):
            bad.append(f"{answer.verdict}: {true}")
        for moved in (0.3, 3.5):
            wrong = ask(_sentence(cell, language, moved) or "", language=language)
            seen["moved " + wrong.verdict] += 1
            if wrong.verdict == "supported":
                bad.append(f"{wrong.verdict}: times {moved}: {wrong.sentence}: {wrong.summary}")
        scaled = ask(_sentence(cell, language, scale=THOUSAND[language]) or "", language=language)
        if scaled.verdict.startswith("supported"):
            bad.append(f"{scaled.verdict}: scaled: {scaled.sentence}")
    return seen, bad, made


def _check(language: str, seed: int, every: int = 1) -> None:
    seen, bad, made = _verdicts(language, seed, every)
    assert made >= 40 / every
    assert not bad
    assert seen["true supported"] >= 0.9 * made
    assert seen["moved contradicted"] >= 0.7 * 2 * made


@pytest.mark.parametrize(("language", "seed"), [(x, n) for n, x in enumerate(LANGUAGES)])
def test_a_sentence_from_a_cell(language: str, seed: int) -> None:
    """A third of the measures, another third in each language."""
    _check(language, seed, every=3)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seed", range(2, 4))
def test_more_sentences_from_cells(language: str, seed: int) -> None:
    _check(language, seed)
