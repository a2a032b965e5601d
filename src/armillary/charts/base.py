"""What every chart shares: the light and the dark theme, colours, saving to a file, and the fragment that a web page carries.

A chart function returns an ``altair.Chart`` without colours of its own: it names a *style* (``mark_bar(style="interval")``) or a
scale (``scheme`` left out), and the theme gives both their colours. So one chart serves paper, a light page and a dark page.

Colours are checked, not trusted: ``tests/charts/test_base.py`` measures the contrast of every one against its ground (3:1 for marks,
4.5:1 for text) and the distance of every pair as seen with protan, deutan and tritan vision.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import json
import math
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from armillary.core import durable
from armillary.errors import InputError, MissingExtraError, printable

if TYPE_CHECKING:
    import altair as alt

Theme = Literal["light", "dark"]

FONT = (
    "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Noto Sans', "
    "'Liberation Sans', Arial, 'PingFang SC', 'Noto Sans CJK SC', sans-serif"
)

PALETTE = ("#2b4a9b", "#c47500", "#007b78", "#7a2350", "#1f9bcb", "#85560a", "#8f52dd", "#0c1c26")
"""Categories on white, in order of use: neighbours stay apart for every kind of colour vision."""

PALETTE_DARK = ("#8aa2f2", "#e8b23a", "#48d6b0", "#dc4a8c", "#a9ecff", "#b58a24", "#7f6ee0", "#f6ecb0")
"""The same categories on the dark ground, in the same order."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one theme; the style sheet of the pages takes them from here too."""

    ground: str
    panel: str
    ink: str
    muted: str
    hairline: str
    control: str
    """Edges of buttons and fields (3:1 against the ground)."""
    accent: str
    """Links, the unit in focus, the first data colour."""
    brass: str
    """The second voice: a caution, the ring in the mark (text contrast; marks take the second colour of the palette)."""
    rise: str
    fall: str
    land: str
    quiet: str
    """Marks that are context: other units' lines, dots not chosen."""


TOKENS: dict[Theme, Tokens] = {
    "light": Tokens(
        ground="#ffffff",
        panel="#f4f6f8",
        ink="#0c1c26",
        muted="#4d5f6c",
        hairline="#dbe2e7",
        control="#7b8b97",
        accent="#2b4a9b",
        brass="#8a5300",
        rise="#006f6c",
        fall="#9a2347",
        land="#e6ebee",
        quiet="#8896a1",
    ),
    "dark": Tokens(
        ground="#101820",
        panel="#18232d",
        ink="#e8edf1",
        muted="#a3b1bd",
        hairline="#2a3844",
        control="#6f808e",
        accent="#9db4f7",
        brass="#e8b23a",
        rise="#4fd6ba",
        fall="#f07fae",
        land="#22303b",
        quiet="#7d8d9a",
    ),
}

SEQUENTIAL: dict[Theme, tuple[str, ...]] = {
    "light": ("#eef2fb", "#c4d0ee", "#93a8da", "#6480c0", "#3f5fa8", "#25407f", "#0f2450"),
    "dark": ("#1b2836", "#25405f", "#33598c", "#4f78b8", "#7a9cdc", "#abc3f4", "#dfe9ff"),
}
"""Low to high, one hue, even steps of lightness."""

DIVERGING: dict[Theme, tuple[str, ...]] = {
    "light": ("#8a4b00", "#c98a2c", "#ecd2a4", "#f2f3f3", "#b3c4ea", "#6480c0", "#22407f"),
    "dark": ("#f0bd55", "#b58a24", "#5c4a22", "#22303b", "#2f4a75", "#5f86cf", "#b4c9f8"),
}
"""Below, at and above a middle: brass and blue, apart for every kind of colour vision."""


def config(theme: Theme = "light") -> dict[str, Any]:
    """The Vega-Lite configuration of a theme.

    Styles for marks: ``focus`` (the unit in question), ``compared`` (the one beside it), ``quiet`` (context), ``bar``, ``bar-quiet``,
    ``interval`` (low to high), ``whisker`` (the same, drawn on a bar), ``band`` (an interval over time), ``dot`` (a value on its
    interval), ``line-quiet``, ``reference`` (a line to compare with), ``note`` (small text), ``value`` (numbers), ``land``, ``border``,
    ``ring``, ``rim`` and ``hull`` (maps; the last with ``band`` for an area within an outline).
    A style may be a list: ``["bar", "compared"]``.
    """
    t = TOKENS[theme]
    palette = PALETTE if theme == "light" else PALETTE_DARK
    return {
        "background": t.ground,
        "font": FONT,
        "padding": {"left": 4, "top": 4, "right": 8, "bottom": 4},
        "view": {"stroke": None},
        "title": {
            "anchor": "start",
            "color": t.ink,
            "fontSize": 15,
            "fontWeight": 600,
            "subtitleColor": t.muted,
            "subtitleFontSize": 12.5,
            "subtitlePadding": 5,
            "offset": 14,
            "frame": "bounds",
        },
        "axis": {
            "labelColor": t.muted,
            "labelFontSize": 12,
            "titleColor": t.muted,
            "titleFontSize": 12,
            "titleFontWeight": 400,
            "titlePadding": 8,
            "gridColor": t.hairline,
            "domain": False,
            "ticks": False,
            "labelPadding": 6,
        },
        "axisY": {"grid": False},
        "axisBand": {"grid": False, "labelColor": t.ink},
        "axisQuantitative": {"tickCount": 5},
        "legend": {
            "labelColor": t.ink,
            "labelFontSize": 12,
            "titleColor": t.muted,
            "titleFontSize": 12,
            "titleFontWeight": 400,
            "orient": "top",
            "direction": "horizontal",
            "symbolStrokeWidth": 2,
            "offset": 10,
        },
        "header": {"labelColor": t.ink, "titleColor": t.muted, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": 400},
        "range": {
            "category": list(palette),
            "heatmap": list(SEQUENTIAL[theme]),
            "ramp": list(SEQUENTIAL[theme]),
            "ordinal": list(SEQUENTIAL[theme]),
            "diverging": list(DIVERGING[theme]),
        },
        "mark": {"color": t.accent},
        "line": {"strokeWidth": 2, "strokeCap": "round", "strokeJoin": "round"},
        "point": {"size": 44, "filled": True, "opacity": 1},
        "text": {"color": t.ink, "fontSize": 12},
        "style": {
            "focus": {"color": t.accent, "fill": t.accent, "stroke": t.accent},
            "compared": {"color": palette[1], "fill": palette[1], "stroke": palette[1]},
            "quiet": {"color": t.quiet, "fill": t.quiet, "stroke": t.quiet},
            "bar": {"fill": t.accent, "stroke": None},
            "bar-quiet": {"fill": t.quiet, "stroke": None},
            "interval": {"color": t.accent, "stroke": t.accent, "strokeWidth": 6, "strokeOpacity": 0.32, "strokeCap": "butt"},
            "whisker": {"color": t.ink, "stroke": t.ink, "strokeWidth": 1.4, "strokeOpacity": 0.75},
            "band": {"fill": t.accent, "fillOpacity": 0.16, "stroke": None},
            "hull": {"stroke": t.accent, "strokeWidth": 1.1, "strokeOpacity": 0.8},
            "dot": {"fill": t.accent, "stroke": t.ground, "strokeWidth": 1.2},
            "reference": {"color": palette[1], "stroke": palette[1], "strokeDash": [4, 3], "strokeWidth": 1.2},
            "line-quiet": {"color": t.quiet, "stroke": t.quiet, "strokeWidth": 1.4, "strokeOpacity": 0.7},
            "note": {"fill": t.muted, "fontSize": 11.5},
            "value": {"fill": t.ink, "fontSize": 12},
            "land": {"color": t.land, "fill": t.land, "stroke": t.ground, "strokeWidth": 0.6},
            "ring": {"color": palette[1], "strokeWidth": 1.6, "filled": False},
            "rim": {"color": t.control, "strokeWidth": 1, "filled": False},
            "border": {"color": t.hairline, "strokeWidth": 0.8, "filled": False},
        },
    }


def themed(chart: alt.TopLevelMixin, theme: Theme = "light") -> Any:
    """``chart`` with the theme's configuration; what the chart configures itself stays."""
    import altair as alt

    copy: Any = chart.copy(deep=False)  # type: ignore[attr-defined]
    own = copy.config.to_dict() if not isinstance(copy.config, alt.utils.schemapi.UndefinedType) else {}
    copy.config = alt.Config.from_dict(_merged(config(theme), own))
    return copy


def spec(chart: Any) -> dict[str, Any]:
    """The chart as Vega-Lite without a theme, all data inline, and the same for the same chart every time.

    Data go into one ``datasets`` block under the hash of their content, so two charts from the same table are the same bytes.
    """
    import altair as alt

    bare: Any = chart.copy(deep=False)
    # tables that a chart shares with others (the world outline) go in as they are: copying and checking them takes seconds
    shared = bare._kwds.pop("datasets", alt.Undefined)
    bare._kwds["datasets"] = alt.Undefined
    with alt.data_transformers.enable("default", max_rows=None, consolidate_datasets=True):
        found: dict[str, Any] = _plain(bare.to_dict(validate=False))
    if shared is not alt.Undefined:
        found.setdefault("datasets", {}).update(shared)
    found.pop("config", None)
    return found


_BREAKS = re.compile(r"[\n\r\t\v\f\x85\u2028\u2029]+")


def _plain(value: Any) -> Any:
    """The values of a specification without control characters and line ends: names from records stand in Vega's expressions too, which
    such a sign breaks."""
    if isinstance(value, str):
        return value if value.isprintable() else printable(_BREAKS.sub(" ", value))
    if isinstance(value, dict):
        return {_plain(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value


def save(chart: Any, path: str | Path, scale: float = 2, theme: Theme = "light") -> Path:
    """Write ``chart`` to ``path``: ``.svg``, ``.png`` (``scale`` times 72 dots an inch), ``.html`` (one file, opens offline) or ``.json``.

    Nothing is fetched: shapes, fonts and scripts come from the installed packages. Raises InputError for another ending.
    """
    target = Path(path)
    kind = target.suffix.lower()
    if kind not in {".svg", ".png", ".html", ".json"}:
        raise InputError(f"cannot write a chart as '{kind or target.name}'", where=target, fix="end the name in .svg, .png, .html or .json")
    if kind == ".html":
        data = standalone_html(chart).encode()
    elif kind == ".json":
        data = (json.dumps(spec(chart) | {"config": config(theme)}, ensure_ascii=False, indent=1) + "\n").encode()
    else:
        data = render(spec(chart), kind[1:], theme, scale)
    durable.write(target, data)
    return target


def render(vega_lite: dict[str, Any], kind: str, theme: Theme = "light", scale: float = 2) -> bytes:
    """A theme-free specification as ``svg`` or ``png`` bytes, drawn offline by vl-convert."""
    vlc = vl_convert()
    if kind == "svg":
        drawn = str(vlc.vegalite_to_svg(vega_lite, config=config(theme), allowed_base_urls=[]))
        # the renderer numbers its clip paths through the life of the process; the file must not depend on what was drawn before
        seen: dict[str, str] = {}
        return re.sub(r"\b(clip|gradient_)(\d+)\b", lambda m: seen.setdefault(m[0], f"{m[1]}{len(seen)}"), drawn).encode()
    return bytes(vlc.vegalite_to_png(vega_lite, config=config(theme), scale=scale, allowed_base_urls=[]))


def html_fragment(chart: Any, alt_text: str | None = None) -> str:
    """The chart for a page that loads ``charts.js``: a figure with the specification as inert JSON, safe inside HTML.

    ``alt_text`` is what a screen reader says; without it the chart's description is used.
    """
    found = spec(chart)
    said = alt_text or str(found.get("description") or "Chart")
    inert = f'<script type="application/json">{script_json(found)}</script>'
    return f'<div class="chart" role="img" aria-label="{html.escape(said)}">{inert}</div>'


def standalone_html(chart: Any) -> str:
    """One HTML file with everything in it; follows the reader's light or dark setting; its own policy forbids ``eval`` and the network."""
    found = spec(chart)
    configs = {name: config(name) for name in ("light", "dark")}
    start = (
        "const read=(id)=>JSON.parse(document.getElementById(id).textContent);"
        "const dark=window.matchMedia('(prefers-color-scheme: dark)');"
        "const draw=()=>window.vegaEmbed('#chart',read('spec'),"
        "{ast:true,renderer:'svg',actions:false,config:read('themes')[dark.matches?'dark':'light']});"
        "dark.addEventListener('change',draw);draw();"
    )
    script = bundle() + "\n" + start
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    title = found.get("title") or found.get("description") or "Armillary chart"
    title = title if isinstance(title, str) else title.get("text", "Armillary chart")
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'"
    ground = (
        f":root{{color-scheme:light dark}}body{{margin:24px;background:{TOKENS['light'].ground}}}"
        f".vega-bindings{{font:14px {FONT};margin-top:8px}}.vega-bindings select{{font:inherit}}"
        f"@media (prefers-color-scheme:dark){{body{{background:{TOKENS['dark'].ground}}}}}"
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{html.escape(' '.join(title) if isinstance(title, list) else title)}</title>\n<style>{ground}</style></head>\n"
        f'<body><div id="chart"></div>\n<script type="application/json" id="spec">{script_json(found)}</script>\n'
        f'<script type="application/json" id="themes">{script_json(configs)}</script>\n<script>{script}</script></body></html>\n'
    )


@functools.cache
def bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed with the expression interpreter, as one script without imports (from vl-convert)."""
    # a script element ends at the first "</script", wherever it stands
    return str(vl_convert().javascript_bundle()).replace("</script", "<\\/script")


def tokens_css() -> str:
    """The themes' colours as CSS custom properties: light by default, dark where the reader or the page asks for it."""

    def block(theme: Theme) -> str:
        listed = asdict(TOKENS[theme]) | {f"c{i}": c for i, c in enumerate(PALETTE if theme == "light" else PALETTE_DARK, 1)}
        return f"color-scheme:{theme};" + "".join(f"--{k}:{v};" for k, v in listed.items())

    return (
        f":root{{{block('light')}}}\n@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{block('dark')}}}}}\n"
        f":root[data-theme=dark]{{{block('dark')}}}\n@media print{{:root,:root[data-theme]{{{block('light')}}}}}\n"
    )


def script_json(value: object) -> str:
    """JSON for a script element that no title or name in it can break out of."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """``over`` laid on ``base``, key by key."""
    return base | {k: _merged(base[k], v) if isinstance(v, dict) and isinstance(base.get(k), dict) else v for k, v in over.items()}


def vl_convert() -> Any:
    """The renderer, or :class:`MissingExtraError`."""
    try:
        import vl_convert
    except ImportError as error:
        raise MissingExtraError("charts", "drawing a chart") from error
    return vl_convert


Rows = Iterable[Mapping[str, Any]]


def rows_of(table: Any) -> list[dict[str, Any]]:
    """Rows of an Arrow table, a data frame, or a list of mappings, as plain values (NaN and infinities become None)."""
    if hasattr(table, "to_pylist"):
        found = table.to_pylist()
    elif hasattr(table, "to_dict"):
        found = table.to_dict("records")
    else:
        found = [dict(r) for r in table]
    return [{k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()} for row in found]


def inline(rows: list[dict[str, Any]]) -> Any:
    """Rows as the data of a chart."""
    import altair as alt

    return alt.InlineData(values=rows)


def filled(chart: Any, rows: list[dict[str, Any]]) -> Any:
    """The chart with these rows as its data, under the hash of their content. They are neither copied nor checked one by one, as
    :func:`inline` data are at every step that builds a chart; the charts of many pages are one template, filled."""
    import altair as alt

    rows = _plain(rows)
    name = "data-" + hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()[:32]
    found = chart.copy(deep=False)
    found.data = alt.NamedData(name=name)
    found.datasets = {name: rows}
    return found


def heading(title: str, subtitle: str | None = None, width: int = 96) -> Any:
    """A chart title with an optional line under it, broken where it is long."""
    import altair as alt

    lines = [x for part in (subtitle or "").split("\n") for x in textwrap.wrap(part, width)]
    return alt.TitleParams(text=title, subtitle=lines[0] if len(lines) == 1 else lines) if lines else alt.TitleParams(text=title)
