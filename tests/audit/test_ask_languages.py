"""Sentences in five languages about twenty countries; and the reading of numbers, hedges and places."""

from __future__ import annotations

import pytest

from armillary.audit.ask import ask
from armillary.audit.reading.items import items
from armillary.audit.reading.lexicon import language_of

SENTENCES = [
    ("en", "Turkey's R&D expenditure rose to 1.4 percent of GDP in 2023", "supported"),
    ("en", "Norway's R&D intensity fell from 2.2 percent in 2020 to 1.9 percent in 2021", "supported"),
    ("en", "The Netherlands' share of highly cited publications is higher than that of Germany", "supported"),
    ("en", "Poland ranks in the top 20 in scientific publications", "supported"),
    ("zh", "印度是世界第三大科学论文生产国", "supported"),
    ("zh", "2024年中国研发经费投入超过3.6万亿元", "supported"),
    ("zh", "以色列的研发强度全球最高", "supported"),
    ("zh", "德国是世界最大的论文产出国", "contradicted"),
    ("zh", "韩国研发强度居世界第二", "supported"),
    ("de", "Südkorea gibt mehr als 4 Prozent des BIP für Forschung und Entwicklung aus", "supported"),
    ("de", "Österreich gab 2023 knapp 16 Milliarden Euro für Forschung und Entwicklung aus", "supported"),
    ("de", "Frankreich ist der größte Produzent wissenschaftlicher Artikel der Welt", "contradicted"),
    ("de", "Japan liegt bei den PCT-Anmeldungen auf Platz 3", "supported"),
    ("es", "España invirtió 22.379 millones de euros en I+D en 2023", "supported"),
    ("es", "Brasil produce más artículos científicos que México", "supported"),
    ("es", "México es el mayor productor de publicaciones científicas del mundo", "contradicted"),
    ("es", "Portugal destinó casi el 1,8 % de su PIB a la I+D en 2023", "supported"),
    ("fr", "La Belgique consacre plus de 3 % de son PIB à la recherche et développement", "supported"),
    ("fr", "Le Japon est le premier producteur mondial d'articles scientifiques", "contradicted"),
    ("fr", "Le Canada compte deux fois plus de chercheurs que la Suède", "not-decidable"),
]


@pytest.mark.parametrize(("language", "sentence", "verdict"), SENTENCES)
def test_sentence(language: str, sentence: str, verdict: str) -> None:
    answer = ask(sentence)
    assert (answer.text.language, answer.verdict) == (language, verdict)


NUMBERS = [
    ("en", "more than 3.6 trillion yuan", 3.6e12, "currency:CNY", "more"),
    ("en", "$1.2bn", 1.2e9, "currency:USD", ""),
    ("en", "nearly a third", 1 / 3, "fraction", "nearly"),
    ("en", "2 lakh crore rupees", 2e12, "currency:INR", ""),
    ("zh", "至少3.6万亿元", 3.6e12, "currency:CNY", "atleast"),
    ("zh", "约五分之一", 1 / 5, "fraction", "about"),
    ("de", "rund 129,7 Mrd. Euro", 129.7e9, "currency:EUR", "about"),
    ("de", "2 Billionen Euro", 2e12, "currency:EUR", ""),
    ("es", "casi 3.054 millones de euros", 3054e6, "currency:EUR", "nearly"),
    ("es", "2 billones de euros", 2e12, "currency:EUR", ""),
    ("es", "mil millones de euros", 1e9, "currency:EUR", ""),
    ("fr", "près de 2,2 %", 2.2, "percent", "nearly"),
    ("fr", "60 milliards d'euros", 60e9, "currency:EUR", ""),
]


@pytest.mark.parametrize(("language", "text", "value", "measure", "hedge"), NUMBERS)
def test_numbers_with_scale_unit_and_hedge(language: str, text: str, value: float, measure: str, hedge: str) -> None:
    found = [i for i in items(text, language) if i.kind == "quantity"]
    assert len(found) == 1
    assert found[0].value == pytest.approx(value)
    assert (found[0].measure, found[0].hedge) == (measure, hedge)


def test_a_comma_in_an_english_number_is_not_guessed() -> None:
    assert next(iter(items("3,1 percent", "en"))).kind == "unknown"


def test_languages_are_told_apart() -> None:
    assert [language_of(s) for _, s, _ in SENTENCES] == [lang for lang, _, _ in SENTENCES]


@pytest.mark.parametrize(
    "sentence",
    [
        "South Korea's papers first exceeded those of Japan",  # no rank 1
        "China has the highest growth in scientific papers",  # no rank by level
        "Germany produces more papers than 180 countries",  # no number of papers
        "Iceland with 2,000 researchers published 1,000 papers",
        "Japan's R&D spending amounts to 3.7 percent of GDP in 2023",  # the national figure; the OECD's is 3.44
        "South Africa is the largest producer of scientific papers in Africa",
        "China will be the largest producer of scientific papers",
        "Germany has a target of 3.5 percent of GDP for R&D",
        "California is the largest producer of scientific papers",
        "China published 3 million papers from 2013 to 2016",
    ],
)
def test_what_could_be_misread_is_not_decided(sentence: str) -> None:
    assert ask(sentence).verdict == "not-decidable"


def test_numbers_that_contradict_each_other() -> None:
    said = "Germany's R&D expenditure rose by 40 percent from 100 billion euros in 2019 to 110 billion euros in 2020"
    assert ask(said).verdict == "inconsistent"
