"""Random small worlds for the slow references."""

from __future__ import annotations

import random
from typing import Any


def random_world(seed: int, n: int = 60) -> tuple[list[dict[str, Any]], dict[int, str]]:
    draw = random.Random(seed)
    institutions = {i: draw.choice(["CN", "US", "DE", "FR"]) for i in range(1, 9)}
    papers = []
    for i in range(1, n + 1):
        authors = [
            {
                "addresses": [sorted(draw.sample(list(institutions), draw.randint(0, 2))) for _ in range(draw.randint(0, 2))],
                "id": draw.randint(1, 30),
            }
            for _ in range(draw.randint(1, 4))
        ]
        refs = sorted(draw.sample(range(1, i), min(i - 1, draw.randint(0, 5))))
        papers.append(
            {
                "id": i,
                "year": 2015 + i * 5 // n,
                "authors": authors,
                "references": refs,
                "field_id": draw.choice([11, 16]),
                "subfield_id": draw.choice([1100, 1600]),
                "type": draw.choice(["article", "review"]),
            }
        )
    return papers, institutions
