"""Templates: strict, escaping, with the few functions that pages call."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from armillary.charts import base as charts
from armillary.charts import spark
from armillary.charts.map import basemap
from armillary.core.titles import clean_title
from armillary.ranking.text import rounding
from armillary.registry import rulebook
from armillary.version import __version__
from armillary.web import i18n
from armillary.web.assets import assets
from armillary.web.current import LANGUAGES, current, link
from armillary.web.page import Page
from armillary.web.phrases import put_over, spoken
from armillary.web.site import Site
from armillary.web.words import N_
from armillary.web.worldwords import names

_SPLIT = N_("split by institution")
INDEX_NAME = "find-{}.js"
"""Search index of a published site, by language."""
FORMATS = ("csv", "xlsx", "parquet", "json", "zip")


def href(path: str, query: str = "", kind: str = "html", language: str | None = None) -> str | None:
    """The address of a page in the language of the request. While publishing: a relative name, or None if not published."""
    here = current()
    language = language or here.language
    if here.plan is not None:
        return here.plan.resolve(path, query, kind, language)
    return link(path, query, kind, language)


def anchor(text: Any, path: str, query: str = "", kind: str = "html", css: str = "", **attributes: str) -> Markup:
    """A link, or just its text where the target is not part of a published site."""
    address = href(path, query, kind)
    if address is None:
        return Markup("<span>{}</span>").format(text)
    more = "".join(Markup(' {}="{}"').format(k.replace("_", "-"), v) for k, v in {"class": css, **attributes}.items() if v)
    return Markup('<a href="{}"{}>{}</a>').format(address, Markup(more), text)


def rule_link(text: Any, rule: rulebook.Rule) -> Markup:
    """A link to a place of the rule book, or just the text where the book is not part of a published site."""
    address = href(f"/rules/{rule.chapter}")
    return (
        Markup('<a href="{}#{}" title="{}">{}</a>').format(address, rule.anchor, i18n.gettext(rule.title), text)
        if address
        else escape(text)
    )


def cite(text: str) -> Markup:
    """A text whose citations of the rule book ("METHODS 5.4") are links."""
    return Markup(rulebook.linked(text, rule_link, escape))


def asset(name: str) -> str:
    """The address of a static file."""
    found = assets()[name]
    plan = current().plan
    return plan.asset(found.name) if plan is not None else f"/static/{found.name}"


def find_index() -> str:
    """The address of a published site's search index, in the language of the page."""
    plan = current().plan
    return plan.asset(INDEX_NAME.format(current().language)) if plan is not None else ""


def site_root() -> str:
    """The way from a page of a published site to its folder."""
    plan = current().plan
    return plan.root() if plan is not None else "/"


def chart(
    found: Any,
    alt_text: str = "",
    picture: str | None = None,
    *,
    narrow: Any = None,
    fixed: bool = False,
    turn: bool = False,
    bare: bool = True,
) -> Markup:
    """A chart as a figure that ``app.js`` draws at the width of its column.

    ``picture`` is the address of the same chart as an image, for readers without JavaScript; ``narrow`` is drawn instead on small screens;
    a ``fixed`` chart keeps its proportions; ``turn`` lets the reader drag a globe; ``bare`` leaves out the title that the page already has.
    """
    specs = [localised(shared_land(charts.spec(c))) for c in (found, narrow) if c is not None]
    said = alt_text or i18n.unmarked(spoken(str(specs[0].get("description") or "")))
    inert = Markup("").join(Markup('<script type="application/json">{}</script>').format(Markup(charts.script_json(s))) for s in specs)
    flags = Markup("").join(Markup(f" data-{name}") for name, on in (("fixed", fixed), ("turn", turn), ("bare", bare)) if on)
    still = Markup('<noscript><img src="{}" alt="{}"></noscript>').format(picture, said) if picture else ""
    return Markup('<div class="chart-frame"><div class="chart" role="img" aria-label="{}"{}>{}</div>{}</div>').format(
        said, flags, inert, still
    )


def localised(spec: Any) -> Any:
    """A chart whose fixed words (titles of axes, tooltips and legends, names of views) are in the reader's language."""
    if current().language == "en":
        return spec
    if isinstance(spec, list):
        return [localised(x) for x in spec]
    if not isinstance(spec, dict):
        return spec
    out = {
        k: i18n.gettext(v) if k == "title" and isinstance(v, str) else v if k in ("data", "datasets", "values") else localised(v)
        for k, v in spec.items()
    }
    if out.get("input") == "select":  # the values stay, what is read changes
        out["labels"] = [i18n.gettext(str(o)) for o in out["options"]]
        out["name"] = i18n.gettext(str(out.get("name", "")).strip()) + " "
    return out


def shared_land(spec: dict[str, Any]) -> dict[str, Any]:
    """The specification with the world outline taken out: pages load that once, as a file of its own."""
    if spec.get("datasets", {}).get("land") is not basemap()["features"]:
        return spec
    return spec | {"datasets": {k: v for k, v in spec["datasets"].items() if k != "land"}, "usermeta": {"land": True}}


def ibar(*args: Any, **options: Any) -> Markup:
    """See :func:`armillary.charts.spark.interval_bar`."""
    return Markup(spark.interval_bar(*args, **options))


def sline(values: Any, **options: Any) -> Markup:
    """See :func:`armillary.charts.spark.spark_line`."""
    return Markup(spark.spark_line(values, **options))


class Renderer:
    """Jinja2 with everything that templates need; undefined names are errors, all text is escaped."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.env = Environment(
            loader=PackageLoader("armillary.web", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self.env.install_gettext_callables(i18n.marked, i18n.ngettext, newstyle=False)  # type: ignore[attr-defined]
        self.env.globals.update(
            href=href,
            a=anchor,
            asset=asset,
            find_index=find_index,
            site_root=site_root,
            rule_link=rule_link,
            chart=chart,
            ibar=ibar,
            sline=sline,
            current=current,
            script_json=lambda v: Markup(charts.script_json(v)),
            LANGUAGES=LANGUAGES,
            own_name=i18n.own_name,
            direction=i18n.direction,
            FORMATS=FORMATS,
            app_version=__version__,
            MISSING=i18n.MISSING,
        )
        # the band on top of every page says the one, the line under the table the other
        self.env.tests["said_elsewhere"] = lambda note, synthetic: str(note).startswith(
            ("Synthetic", "Intervals:") if synthetic else "Intervals:"
        )
        self.env.filters.update(
            number=i18n.number,
            percent=i18n.percent,
            compact=i18n.compact,
            longdate=i18n.date,
            clean=clean_title,
            shown=ranked_value,
            cite=cite,
            told=told,
            called=called,
            spoken=spoken,
            counted=counted,
            named=named,
            coded=coded,
        )

    def html(self, page: Page, status: int = 200) -> bytes:
        """A page as HTML."""
        context = {
            "page": page,
            "title": page.title,
            "meta": page.meta,
            "data": self.site.data,
            "status": status,
            "framed": bool(self.site.settings.frames),
            "public": self.site.settings.address,
            "feedback": self.site.settings.feedback,
            **page.context,
        }
        return i18n.shown_as_english(self.env.get_template(page.template).render(context)).encode()

    def error(self, status: int, title: str, detail: str, *, template: str = "error.html") -> bytes:
        """An error as a page."""
        return self.html(Page(template, title, context={"detail": detail}), status)


def told(note: str) -> str:
    """A note or text of the registries in the reader's language: by its own text, the catalogue, or the rules of composed texts."""
    said = i18n.told(note)
    if i18n.BEGIN not in said:
        return said
    return put_over(str(note)) or said


def called(pair: str) -> str:
    """Names of countries joined by a dash, each as the reader's language has it."""
    known = names(current().language)
    return " – ".join(known.get(part, part) for part in str(pair).split(" – "))


def named(text: Any) -> Markup:
    """A name or title as recorded: not for translation."""
    return Markup('<span translate="no">{}</span>').format(text)


def coded(text: str) -> Markup:
    """A text of a docstring, its ``code`` marked as such."""
    return Markup(re.sub(r"``(.+?)``", r'<code translate="no">\1</code>', str(escape(text))))


def counted(text: str) -> str:
    """How a ranking is counted, as its metadata say it ("full: one for every unit on the paper (split by institution)")."""
    name, colon, meaning = text.partition(": ")
    split = " (split by institution)"
    if not colon:
        return i18n.marked(text)
    rest = i18n.marked(meaning.removesuffix(split)) + (f" ({i18n.marked(_SPLIT)})" if meaning.endswith(split) else "")
    return f"{i18n.marked(name)}: {rest}"


def ranked_value(value: Any, meta: dict[str, Any]) -> str:
    """A value of a ranking, rounded as everywhere, in the signs of the language."""
    is_percent, digits = rounding(meta)
    return (i18n.percent if is_percent else i18n.number)(value, digits)


__all__ = ["Renderer", "anchor", "asset", "escape", "href"]
