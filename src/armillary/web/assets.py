"""The few files that pages load, held in memory under names that carry their content's hash. Nothing is read by a name from outside."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from armillary.charts import base
from armillary.charts.map import basemap

MEDIA = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its public name, bytes, and media type."""

    name: str
    body: bytes
    media: str

    @property
    def packed(self) -> bytes:
        """The bytes, compressed (always the same)."""
        return gzip.compress(self.body, 9, mtime=0)


def _text(name: str) -> str:
    return files("armillary.web").joinpath("static", name).read_text(encoding="utf-8")


@cache
def assets() -> dict[str, Asset]:
    """Assets by their plain name (``style.css``); ``.name`` is the public one (``style-1a2b3c4d.css``)."""
    themes = json.dumps({t: base.config(t) for t in ("light", "dark")}, ensure_ascii=False)
    parts = {
        "style.css": base.tokens_css() + _text("style.css"),
        "vega.js": base.bundle(),
        "app.js": f"const THEMES = {themes};\n" + _text("app.js"),
        "explorer.js": _text("explorer.js"),
        "find.js": _text("find.js"),
        "grapher.js": _text("grapher.js"),
        "land.js": "const LAND = " + json.dumps(basemap()["features"], separators=(",", ":")) + ";\n",
        "mark.svg": _text("mark.svg"),
    }
    out = {}
    for name, text in parts.items():
        body = text.encode()
        stem, _, ending = name.rpartition(".")
        public = f"{stem}-{hashlib.sha256(body).hexdigest()[:10]}.{ending}"
        out[name] = Asset(public, body, MEDIA[ending])
    return out


@cache
def by_public_name() -> dict[str, Asset]:
    """Assets by the name in the address."""
    return {a.name: a for a in assets().values()}
