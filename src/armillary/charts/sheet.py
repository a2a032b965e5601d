"""A picture that stands alone: a chart with lines under it that say what it is and where from; and a card for links."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from armillary.charts.base import FONT, TOKENS, Theme, vl_convert

CARD = (1200, 630)
"""Width and height that pages which show links ask for, in pixels."""
_SIZE = re.compile(r'<svg[^>]*?\bwidth="([\d.]+)"[^>]*?\bheight="([\d.]+)"')
_MARK = (
    '<g fill="none" stroke-width="2"><circle cx="16" cy="16" r="13" stroke="{accent}"/>'
    '<ellipse cx="16" cy="16" rx="13" ry="4.6" transform="rotate(-24 16 16)" stroke="{accent}"/>'
    '<ellipse cx="16" cy="16" rx="4.8" ry="13" transform="rotate(18 16 16)" stroke="{brass}"/></g>'
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line under a picture; a warning stands out."""

    text: str
    is_warning: bool = False


def sheet(svg: bytes, lines: Sequence[Line], theme: Theme = "light") -> bytes:
    """A chart as SVG with lines under it, wrapped to its width."""
    text = svg.decode()
    width, height = size_of(text)
    width = max(width, 360.0)
    t, step, put = TOKENS[theme], 15, []
    y = height + 8
    for line in lines:
        for part in wrapped(line.text, 11, width - 16):
            y += step
            put.append(_text(part, 8, y, 11, t.brass if line.is_warning else t.muted, weight=600 if line.is_warning else 400))
    total = y + 10
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{total:g}" viewBox="0 0 {width:g} {total:g}">'
        f'<rect width="{width:g}" height="{total:g}" fill="{t.ground}"/>{text}{"".join(put)}</svg>'
    ).encode()


def card(title: str, subtitle: str, lines: Sequence[Line], svg: bytes | None = None, theme: Theme = "light") -> bytes:
    """The picture that stands beside a link: the title, the chart small, the lines; :data:`CARD` pixels."""
    width, height = CARD
    t, put, y = TOKENS[theme], [], 112.0
    for part in wrapped(title, 44, width - 120)[:3]:
        put.append(_text(part, 60, y, 44, t.ink, weight=700))
        y += 54
    for part in wrapped(subtitle, 24, width - 120)[:2]:
        put.append(_text(part, 60, y, 24, t.muted))
        y += 32
    low = [(part, line) for line in lines for part in wrapped(line.text, 18, width - 120)[:2]][-5:]
    bottom = height - 26 - 25 * len(low)
    if svg is not None and bottom - y > 120:
        text = svg.decode()
        wide, tall = size_of(text)
        scale = min((width - 120) / wide, (bottom - y - 16) / tall)
        put.append(f'<g transform="translate({60 + (width - 120 - wide * scale) / 2:.1f} {y:.1f}) scale({scale:.4f})">{text}</g>')
    for k, (part, line) in enumerate(low):
        put.append(
            _text(part, 60, bottom + 25 * (k + 1), 18, t.brass if line.is_warning else t.muted, weight=600 if line.is_warning else 400)
        )
    mark = _MARK.format(accent=t.accent, brass=t.brass)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<rect width="{width}" height="{height}" fill="{t.ground}"/><g transform="translate(60 24)">{mark}</g>'
        f"{_text('Armillary', 104, 48, 24, t.ink, weight=600)}{''.join(put)}</svg>"
    ).encode()


def png(svg: bytes, scale: float = 2) -> bytes:
    """An SVG as PNG, drawn offline."""
    return bytes(vl_convert().svg_to_png(svg.decode(), scale=scale))


def size_of(svg: str) -> tuple[float, float]:
    """Width and height of an SVG as its head says."""
    found = _SIZE.search(svg)
    return (float(found[1]), float(found[2])) if found else (760.0, 400.0)


def wrapped(text: str, size: float, width: float) -> list[str]:
    """A text in lines that fit a width (pixels), broken at spaces and between Chinese signs."""
    lines, now, used = [], "", 0.0
    for word in re.findall(r"[\u3000-\u9fff\uff00-\uffef]|[^\s\u3000-\u9fff\uff00-\uffef]+\s*|\s+", text):
        wide = sum(_wide(c) for c in word.rstrip()) * size
        if now and used + wide > width:
            lines.append(now.rstrip())
            now, used = "", 0.0
        now += word
        used += sum(_wide(c) for c in word) * size
    return [*lines, now.rstrip()] if now.strip() else lines


def _wide(sign: str) -> float:
    """The width of a sign as a part of the size of its font, on the safe side."""
    if unicodedata.east_asian_width(sign) in "WF":
        return 1.0
    return 0.3 if sign in " .,;:'il|!" else 0.72 if sign.isupper() or sign in "mw%" else 0.56


def _text(text: str, x: float, y: float, size: float, colour: str, weight: int = 400) -> str:
    family = escape(FONT, quote=True)
    look = f'font-family="{family}" font-size="{size:g}" font-weight="{weight}" fill="{colour}"'
    return f'<text x="{x:g}" y="{y:g}" {look}>{escape(text)}</text>'
