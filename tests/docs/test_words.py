"""One word, one thing: no two classes share a name, but for those that docs/design/words.md lists."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "design" / "words.md").read_text(encoding="utf-8")


def classes() -> dict[str, set[str]]:
    """Public classes of the package by name: the files that define them."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "src" / "armillary").rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].add(path.relative_to(ROOT / "src" / "armillary").as_posix())
    return found


def listed() -> set[str]:
    """Names that the page lists."""
    return set(re.findall(r"(?m)^\| `([A-Za-z_./]+)` \|", PAGE.split("## Two things, one name", 1)[1]))


def test_no_two_classes_share_a_name_unless_listed():
    new = {name: sorted(files) for name, files in classes().items() if len(files) > 1 and name not in listed()}
    assert new == {}, "choose another name, or list the pair in docs/design/words.md"


def test_every_word_is_defined_once():
    words = re.findall(r"(?m)^\| \*\*([a-z ]+)\*\* \|", PAGE)
    assert len(words) == len(set(words)) > 25
    for word in ("registry", "place", "policy", "words", "text", "record", "result", "source", "contributions", "plain", "build"):
        assert word in words
