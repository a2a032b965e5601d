"""DBSCAN with the nearest-core rule, point by point, in plain Python over great-circle distances. Slow; the definition in code."""

from __future__ import annotations

import math

EARTH_KM = 6371.01


def haversine(a: tuple[float, float], b: tuple[float, float]) -> float:
    p, q = math.radians(a[0]), math.radians(b[0])
    h = math.sin((q - p) / 2) ** 2 + math.cos(p) * math.cos(q) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(h)))


def dbscan(points: list[tuple[float, float]], weights: list[float], eps_km: float, min_weight: float) -> tuple[list[int], list[bool]]:
    """Labels from 0 in the order of the southernmost (then westernmost) core point, -1 noise; and which are core."""
    n = len(points)
    near = [[j for j in range(n) if haversine(points[i], points[j]) <= eps_km] for i in range(n)]
    core = [sum(weights[j] for j in near[i]) >= min_weight for i in range(n)]
    labels = [-1] * n
    order = sorted(range(n), key=lambda i: points[i])
    label = 0
    for start in order:
        if not core[start] or labels[start] >= 0:
            continue
        stack = [start]
        labels[start] = label
        while stack:
            i = stack.pop()
            for j in near[i]:
                if core[j] and labels[j] < 0:
                    labels[j] = label
                    stack.append(j)
        label += 1
    for i in range(n):
        if not core[i]:
            around = sorted((haversine(points[i], points[j]), points[j], j) for j in near[i] if core[j])
            if around:
                labels[i] = labels[around[0][2]]
    return labels, core
