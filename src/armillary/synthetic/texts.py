"""Titles, abstracts and address lines: invented science in plain sentences, with the vocabulary of a goal where a work is planted to
serve it.

Texts come from small pools that are encoded once as JSON, so that writing a work costs a look-up.
"""

from __future__ import annotations

import json

from armillary.synthetic.draws import Randomness
from armillary.synthetic.fields import FIELDS

GOAL_TERMS: dict[int, tuple[str, ...]] = {
    1: ("extreme poverty", "social protection for the poor", "poverty reduction"),
    2: ("food security", "child malnutrition", "smallholder crop yields"),
    3: ("infant mortality", "infectious disease burden", "universal health coverage"),
    4: ("primary school enrolment", "literacy of adults", "inclusive education"),
    5: ("gender equality", "women in leadership", "violence against women"),
    6: ("safe drinking water", "sanitation services", "wastewater treatment"),
    7: ("renewable energy", "solar power for households", "energy efficiency"),
    8: ("decent work", "youth unemployment", "economic growth per capita"),
    9: ("resilient infrastructure", "industrial innovation", "research and development spending"),
    10: ("income inequality", "inclusion of migrants", "reduced inequalities"),
    11: ("sustainable cities", "affordable housing", "urban air pollution"),
    12: ("waste recycling", "responsible consumption", "food waste"),
    13: ("climate change mitigation", "greenhouse gas emissions", "adaptation to climate change"),
    14: ("marine pollution", "overfishing of the oceans", "coral reef conservation"),
    15: ("deforestation", "biodiversity loss", "land degradation"),
    16: ("rule of law", "corruption in public institutions", "peacebuilding"),
    17: ("development assistance", "global partnership", "capacity building"),
}
"""Phrases of each goal, in our own words; a keyword classifier can find planted works by them."""

_TITLE = (
    "{topic} under changing conditions",
    "On the origin of {topic}",
    "{topic}: evidence from {n} sites",
    "A {adj} model of {topic}",
    "How {topic} respond to {noun}",
    "Measuring {topic} with {noun}",
    "{topic} and {noun}: a comparison",
    "Limits of {topic}",
)
_ADJ = ("simple", "two-stage", "stochastic", "spatial", "robust", "comparative", "long-run", "mechanistic")
_NOUN = (
    "temperature shocks",
    "repeated sampling",
    "open data",
    "mixed cohorts",
    "slow forcing",
    "field trials",
    "sensor arrays",
    "survey panels",
)
_SENTENCES = (
    "We study {topic} with {noun} collected over {n} months.",
    "A {adj} design separates cause from coincidence.",
    "Results are stable when the window is moved, when outliers are trimmed and when the baseline is redrawn.",
    "The effect is largest at the margins and fades towards the centre of the range.",
    "We compare {n} groups and report all outcomes that were measured.",
    "Earlier work on {topic} reached no agreement because the measurements were not comparable.",
    "Our {adj} account explains both findings.",
    "Code and data are available, and every table can be rebuilt from them.",
    "The consequences for {topic} are discussed, as are the limits of this study.",
)
VARIANTS = 4


class Texts:
    """Pools of titles and abstracts of one world, as JSON text."""

    def __init__(self, draws: Randomness, topic_names: list[str]) -> None:
        self._draws = draws
        self._topic_names = topic_names
        self.plain_titles = [[self._title(t, k) for k in range(len(_TITLE))] for t in range(len(topic_names))]
        self.titles = [[json.dumps(title, ensure_ascii=False) for title in row] for row in self.plain_titles]
        self._abstracts: dict[tuple[int, int, int], str] = {}

    def _fill(self, pattern: str, topic: int, k: int) -> str:
        u = self._draws.unit("text", [topic] * 3, [k] * 3, [0, 1, 2])
        text = pattern.format(
            topic=self._topic_names[topic].lower(),
            adj=_ADJ[int(u[0] * len(_ADJ))],
            noun=_NOUN[int(u[1] * len(_NOUN))],
            n=3 + int(u[2] * 90),
        )
        return text[0].upper() + text[1:]

    def _title(self, topic: int, k: int) -> str:
        text = self._fill(_TITLE[k], topic, k)
        return text.replace("model", "<i>model</i>") if (topic + k) % 29 == 0 else text

    def abstract_words(self, topic: int, goal: int, variant: int) -> list[str]:
        """The words of an abstract; with a goal, two sentences speak of it."""
        sentences = [self._fill(_SENTENCES[(variant + k) % len(_SENTENCES)], topic, 10 * variant + k) for k in range(8)]
        field = FIELDS[topic // 9].name.lower()
        sentences.insert(0, f"This synthetic abstract belongs to {field}.")
        if goal:
            terms = GOAL_TERMS[goal]
            a, b = terms[variant % len(terms)], terms[(variant + 1) % len(terms)]
            sentences.insert(2, f"The motivation is {a}, which remains a concern in many regions.")
            sentences.append(f"We draw lessons for {b} and list what policy can use.")
        return " ".join(sentences).split(" ")

    def abstract(self, topic: int, goal: int, variant: int) -> str:
        """An inverted index as OpenAlex serves it, as JSON text."""
        key = (topic, goal, variant)
        if key not in self._abstracts:
            index: dict[str, list[int]] = {}
            for place, word in enumerate(self.abstract_words(*key)):
                index.setdefault(word, []).append(place)
            self._abstracts[key] = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
        return self._abstracts[key]
