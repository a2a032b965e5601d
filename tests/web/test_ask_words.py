"""Every text of an answer has its Chinese: no English phrase is left, whatever the verdict."""

from __future__ import annotations

import re
from pathlib import Path

from armillary.audit.labelled import evaluate_labelled
from armillary.web.askwords import label, summary, told

OWN = Path(__file__).parents[1] / "audit" / "claims.jsonl"
ENGLISH = re.compile(r"\b(in|of|the|from|with|for|not|rank|no|value|is|to|than|and|by|years|holds|a)\b")


def left(text: str) -> bool:
    return ENGLISH.search(re.sub("“[^”]*”", "", text)) is not None


def test_no_english_phrase_is_left() -> None:
    texts, sources, lines = set(), set(), set()
    for case in evaluate_labelled(OWN).cases:
        lines.add(summary(case.answer))
        for j in case.answer.judged:
            texts |= {
                j.says,
                *j.missing,
                *j.assertion.assumed,
                *(f.text for f in j.findings),
                *(f.overturn for f in j.findings if f.overturn),
            }
            sources |= {f.candidate.label for f in j.findings}
    assert len(texts) > 200
    assert [t for t in sorted(texts) if left(told(t))] == []
    assert [s for s in sorted(sources) if left(label(s))] == []
    assert [x for x in sorted(lines) if left(x)] == []


def test_numbers_and_units_are_said_as_chinese_says_them() -> None:
    assert told("146.8 billion current PPP dollars in 2023") == "2023年为1,468亿现价购买力平价美元"
    assert told("rank 3 of 200 in 2022, with 207,390 articles") == "2022年在200个中排第3，207,390篇论文"
    assert told("3.129 percent of GDP in 2023 (flag P)") == "2023年为GDP的3.129%（标记P）"
