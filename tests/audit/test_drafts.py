"""Drafts from an article carry evidence, comparison and tolerance, and `audit` on the draft agrees with `ask` on the sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.audit.audit import audit
from armillary.audit.extract import draft_toml, extract
from armillary.audit.labelled import against_claims_file, evaluate_labelled
from armillary.audit.language import builtin, read
from armillary.cli.main import run
from armillary.errors import DataError

TEXT = """India is the third largest producer of scientific papers.
Sweden spent 3.6 percent of GDP on R&D in 2023.
In 2024 China's R&D spending exceeded 3.6 trillion yuan.
Sweden spent 36 percent of GDP on R&D in 2023.
Canada is one of the largest producers of scientific papers, with 12 billion dollars for new laboratories.
2024年中国研发经费投入超过3.6万亿元。德国是世界最大的论文产出国。
Japan published more scientific papers than Canada in 2022.
"""
KINDS = ["supported", "supported", "supported", "contradicted", "not-decidable", "supported", "contradicted", "supported"]


def test_the_draft_can_be_audited_at_once(tmp_path: Path) -> None:
    path = tmp_path / "draft.toml"
    path.write_text(draft_toml(extract(TEXT), "text.txt", "0" * 64), encoding="utf-8")
    found = audit(read(path))
    assert [v.kind for v in found.verdicts] == KINDS
    lacking = next(v for v in found.verdicts if v.kind == "not-decidable")
    assert "one of the" in lacking.lacks


def test_labels_and_verdicts_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "claims.jsonl"
    path.write_text(
        '{"id": "a", "date": "2025-05", "topic": "Spain, R&D in 2023", "claims": ['
        '{"n": 1, "claim": "Spain spent 1.49 percent of GDP on R&D in 2023.", "verdict": "true", "kind": "value"},'
        '{"n": 2, "claim": "That is 1.9 percent of GDP.", "verdict": "false", "kind": "value"},'
        '{"n": 3, "claim": "Spain is first in the list of a newspaper.", "verdict": "source only", "kind": "rank"}]}\n',
        encoding="utf-8",
    )
    body = evaluate_labelled(path).as_dict()
    assert (body["wrong"], body["decided"], body["right"]) == ([], 2, 2)
    assert body["forms"]["value"]["found"] == 2
    assert run(["claims", "evaluate", str(path)]) == 0


def test_what_the_board_supports_is_never_contradicted() -> None:
    path = builtin("articles")
    assert path is not None
    body = against_claims_file(read(path)).as_dict()
    assert body["wrong"] == []
    assert body["decided"] >= 12
    assert body["right"] == body["decided"]


@pytest.mark.parametrize("bad", ["", "[]\n", '{"id": 1}\n', '{"claims": [{"claim": "x", "verdict": "maybe"}]}\n', "not json\n"])
def test_a_labelled_file_that_is_none_is_said(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "claims.jsonl"
    path.write_text(bad, encoding="utf-8")
    with pytest.raises(DataError):
        evaluate_labelled(path)
