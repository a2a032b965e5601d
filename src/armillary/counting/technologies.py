"""Technology areas as sets of topics (METHODS 4.5; registry/technologies), and the work filter ``technology:AREA``."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir

from armillary.core.corpus import Corpus
from armillary.counting.filters import work_filter
from armillary.errors import UnknownNameError
from armillary.registry import read_csv, read_toml


def technologies() -> dict[str, dict[str, Any]]:
    """Area -> ``label`` (as in the published tables) and ``name``."""
    return read_toml("technologies", "technologies.toml")


def technology_topics(area: str) -> list[int]:
    """OpenAlex topics of an area, sorted; :class:`UnknownNameError` for an unknown one. Labels such as ``SC`` work too."""
    by_label = {str(t["label"]).casefold(): k for k, t in technologies().items()}
    key = by_label.get(area.casefold(), area.casefold())
    if key not in technologies():
        raise UnknownNameError("technology area", area, technologies())
    return sorted(int(r["topic_id"]) for r in read_csv("technologies", "topics.csv") if r["technology"] == key)


@work_filter("technology", reason="other_technology", says="the work's topic is not of technology area {arg}")
def _technology(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    """By the primary topic; ``AREA/any`` takes any of a work's topics. A work may be of several areas."""
    area, _, how = arg.partition("/")
    topics = technology_topics(area)
    if how not in ("", "any"):
        raise UnknownNameError("way to take topics", how, ["any"])
    if how == "any":
        every = corpus.table("work_topic")
        found: ir.BooleanValue = works.work_id.isin(every.filter(every.topic_id.isin(topics)).work_id)
        return found
    return works.topic_id.isin(topics).fill_null(False)
