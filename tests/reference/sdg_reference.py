"""Plain-Python reference of the goal query language: one document, no index, every definition spelled out."""

from __future__ import annotations

import re
import unicodedata

from armillary.counting.goals.language import AllOf, AnyOf, Near, Not, Phrase, Salient, Title


def words(text: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", plain)


def matches(node, title: str, abstract: str) -> bool:
    segments = [words(title), words(abstract)]
    if isinstance(node, (Phrase, Title)):
        return bool(places(node, segments))
    if isinstance(node, Not):
        return not matches(node.inner, title, abstract)
    if isinstance(node, AnyOf):
        return any(matches(p, title, abstract) for p in node.parts)
    if isinstance(node, AllOf):
        return all(matches(p, title, abstract) for p in node.parts)
    if isinstance(node, Salient):
        starts = {(segment, first) for segment, first, _ in places(node.inner, segments)}
        return len(starts) > 1 or any(segment == 0 for segment, _ in starts)
    assert isinstance(node, Near)
    return bool(places(node, segments))


def places(node, segments):
    if isinstance(node, Phrase):
        n = len(node.words)
        return [
            (s, i, i + n - 1)
            for s, tokens in enumerate(segments)
            for i in range(len(tokens) - n + 1)
            if all(t.startswith(w[:-1]) if w.endswith("*") else t == w for t, w in zip(tokens[i : i + n], node.words, strict=True))
        ]
    if isinstance(node, Title):
        return [p for p in places(node.inner, segments) if p[0] == 0]
    if isinstance(node, Near):
        found = []
        for s1, a1, a2 in places(node.left, segments):
            for s2, b1, b2 in places(node.right, segments):
                if s1 == s2 and 0 <= b1 - a2 - 1 <= node.distance:
                    found.append((s1, a1, b2))
                if s1 == s2 and not node.ordered and 0 <= a1 - b2 - 1 <= node.distance:
                    found.append((s1, b1, a2))
        return found
    assert isinstance(node, AnyOf)
    return [p for part in node.parts for p in places(part, segments)]
