"""Word-sized graphics for table cells, as inline SVG without styles of its own: the page's style sheet gives the colours.

They are drawn by hand and not by Vega because a table has fifty of them. They carry no number that the row does not also print.
"""

from __future__ import annotations

from collections.abc import Sequence


def spark_line(values: Sequence[float | None], *, width: int = 88, height: int = 22) -> str:
    """A line over equal steps with a dot at its end; a missing value breaks the line. From zero, so flat lines look flat."""
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return ""
    top = max(known) or 1.0
    low = min(0.0, min(known))
    step = (width - 6) / (len(values) - 1)
    points = [
        None if v is None else (3 + i * step, height - 3 - (height - 6) * (v - low) / ((top - low) or 1.0)) for i, v in enumerate(values)
    ]
    parts, path, pen = [], "", "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        path += f"{pen}{point[0]:.1f} {point[1]:.1f}"
        pen = "L"
    parts.append(f'<path d="{path}"/>')
    last = next(p for p in reversed(points) if p is not None)
    parts.append(f'<circle cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="2.2"/>')
    return f'<svg class="spark" viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true">{"".join(parts)}</svg>'


def interval_bar(
    value: float | None, low: float | None, high: float | None, *, top: float, bottom: float = 0.0, width: int = 180, from_zero: bool = True
) -> str:
    """A value on the column's common scale: a bar from zero (totals) or a dot (shares), with its interval where there is one."""
    span = top - bottom
    if value is None or span <= 0:
        return ""

    def x(v: float) -> float:
        return 2 + (width - 4) * min(1.0, max(0.0, (v - bottom) / span))

    parts = []
    if from_zero:
        parts.append(f'<rect class="bar" x="{x(0):.1f}" y="5" width="{max(0.8, x(value) - x(0)):.1f}" height="8"/>')
    if low is not None and high is not None:
        kind = "whisker" if from_zero else "interval"
        parts.append(f'<path class="{kind}" d="M{x(low):.1f} 9H{max(x(high), x(low) + 0.6):.1f}"/>')
    if not from_zero:
        parts.append(f'<circle cx="{x(value):.1f}" cy="9" r="3.2"/>')
    size = f'viewBox="0 0 {width} 18" width="{width}" height="18"'
    return f'<svg class="ibar" {size} preserveAspectRatio="xMinYMid" aria-hidden="true">{"".join(parts)}</svg>'
