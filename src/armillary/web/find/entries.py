"""What there is to find on a site. Each kind is one function; names come from where the pages take theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any
from urllib.parse import quote

from armillary.counting.methods import METHODS
from armillary.counting.scopes import scopes
from armillary.errors import ArmillaryError
from armillary.registry import country_names, read_csv, rulebook, world
from armillary.web import words
from armillary.web.current import LANGUAGES, speaking
from armillary.web.find.index import Findable, FindIndex
from armillary.web.find.matching import is_cjk
from armillary.web.i18n import gettext as _
from armillary.web.site import Site
from armillary.web.terms import TERMS
from armillary.web.words import N_
from armillary.web.worldwords import series_name, unit_name

KIND = {
    "country": N_("Country"),
    "group": N_("Group of countries"),
    "city": N_("City"),
    "institution": N_("Institution"),
    "university": N_("University"),
    "region": N_("Region"),
    "list": N_("List"),
    "field": N_("Field"),
    "topic": N_("Topic"),
    "series": N_("Table"),
    "indicator": N_("Ranking"),
    "index": N_("Index"),
    "story": N_("Story"),
    "claim": N_("Claim"),
    "method": N_("Method"),
    "rule": N_("Rule book"),
    "work": N_("Work"),
    "page": N_("Page"),
}
"""Kinds of things, as a reader sees them beside a hit."""
PAGES = {
    "/countries": N_("Countries"),
    "/stories": N_("Stories"),
    "/rankings": N_("Rankings"),
    "/map": N_("Map"),
    "/collaboration": N_("Collaboration"),
    "/clusters": N_("Innovation clusters"),
    "/indices": N_("Indices"),
    "/claims": N_("Claims"),
    "/ask": N_("Check a sentence"),
    "/methods": N_("Methods"),
    "/rules": N_("Rule book"),
    "/data": N_("Data and provenance"),
    "/series": N_("The real world in tables"),
    "/groups": N_("Groups of countries"),
    "/brief": N_("Brief"),
    "/dossier": N_("Dossier"),
    "/learn": N_("Tutorials"),
    "/glossary": N_("Glossary"),
    "/intervals": N_("How to read an interval"),
    "/api": N_("API"),
}
OF_THE_WORLD = ("/countries", "/stories", "/series", "/groups")


def index_of(site: Site) -> FindIndex:
    """The index of a site, made once for each state of its data."""
    found: FindIndex = site.remember("find", lambda obs: FindIndex(item for make in MAKERS for item in make(site, obs)))
    return found


def said(text: str) -> dict[str, str]:
    """A marked text in every language."""
    out = {}
    for language in LANGUAGES:
        with speaking(language):
            out[language] = _(text)
    return out


def in_each(name: Callable[[], str]) -> dict[str, str]:
    """What a function answers in every language."""
    out = {}
    for language in LANGUAGES:
        with speaking(language):
            out[language] = name()
    return out


@cache
def more_words() -> dict[tuple[str, str], tuple[str, ...]]:
    """What people call things besides their names, by kind and id (``registry/vocabularies/search_words.csv``)."""
    return {(r["kind"], r["id"]): tuple(r["words"].split(";")) for r in read_csv("vocabularies", "search_words.csv")}


@cache
def country_aliases() -> dict[str, tuple[str, ...]]:
    """Codes and names of countries in other languages and spellings."""
    out: dict[str, list[str]] = {}
    for r in read_csv("vocabularies", "countries.csv"):
        out.setdefault(r["code"], []).extend((r["code"], r["alpha3"], r["name"]))
    for r in read_csv("vocabularies", "country_variants.csv"):
        out.setdefault(r["code"], []).append(r["name"])
    for r in read_csv("vocabularies", "country_names.csv"):
        out.setdefault(r["code"], []).extend(v for k, v in r.items() if k != "code" and v)
    return {k: tuple(dict.fromkeys(v)) for k, v in out.items()}


def is_real(site: Site) -> bool:
    """Whether the pages made from shipped tables belong to the site."""
    return not site.data.get("synthetic")


def countries(site: Site, obs: Any) -> Iterator[Findable]:
    """Countries: pages from shipped tables, or of the invented world."""
    if not is_real(site):
        yield from _known(site, obs, "country", 5.0)
        return
    output = {u: max(v.values()) for u, v in world.values("articles-fractional").items()}
    most = max(output.values())
    for code, unit in world.units().items():
        if unit.kind == "country" and code in country_names():
            weight = 3.5 + 1.5 * (output.get(code, 0.0) / most) ** 0.25
            yield Findable(
                "country", code, f"/countries/{code}", in_each(partial(unit_name, code)), country_aliases().get(code, ()), weight
            )


def groups(site: Site, obs: Any) -> Iterator[Findable]:
    """Groups of countries."""
    from armillary.web.pages.groups import groups as known

    if is_real(site):
        for key, g in known().items():
            yield Findable("group", key, f"/groups/{key}", said(g["name"]), (key, *more_words().get(("group", key), ())), 3.0)


def places(site: Site, obs: Any) -> Iterator[Findable]:
    """Cities, regions, institutions and fields of the records, the larger first where names fit equally well."""
    for unit, weight in (("city", 3.0), ("region", 2.0), ("institution", 2.0), ("field", 3.0), ("list", 3.0)):
        yield from _known(site, obs, unit, weight)


def _known(site: Site, obs: Any, unit: str, weight: float) -> Iterator[Findable]:
    from armillary.counting.lists import labels_of
    from armillary.counting.units import PREFIX, known_units

    if not site.rows("work"):
        return
    try:
        known = known_units(obs.corpus, unit) if unit != "list" else labels_of(obs.corpus)
    except ArmillaryError:
        return
    sizes = _sizes(obs, unit)
    most = max(sizes.values(), default=1)
    for key, name in known.items():
        if unit in ("institution", "city") and sizes and key not in sizes:
            continue  # without a work it has no profile
        public = f"{PREFIX.get(unit, '')}{key}"
        label = words.unit_label(unit, public, name, "en", synthetic=True)
        labels = {k: words.unit_label(unit, public, name, k, synthetic=not is_real(site)) for k in LANGUAGES}
        address = quote(public, safe=":~")
        path = f"/units/{unit}/{address}"
        if unit == "field":
            path = f"/dossier/field:{key}" if str(key).isdigit() else f"/units/field/{public}"
        yield Findable(unit, public, path, {**labels, "en": label}, (public,), weight * (0.6 + 0.4 * (sizes.get(key, 0) / most) ** 0.25))


def _sizes(obs: Any, unit: str) -> dict[Any, int]:
    """Works of each institution or city, as written in the records."""
    if unit not in ("institution", "city") or not obs.corpus.has("affiliation"):
        return {}
    a = obs.corpus.table("affiliation")
    rows = obs.corpus.fetch(a.group_by("institution_id").agg(n=a.count())).to_pylist()
    counted = {r["institution_id"]: int(r["n"]) for r in rows if r["institution_id"] is not None}
    if unit == "institution":
        return counted
    if not obs.corpus.has("institution_place"):
        return {}
    at = obs.corpus.lookup("institution_place", ("institution_id", "place_id"))
    out: dict[Any, int] = {}
    for institution, place in zip(at["institution_id"].to_pylist(), at["place_id"].to_pylist(), strict=True):
        if place is not None and institution in counted:
            out[place] = out.get(place, 0) + counted[institution]
    return out


def topics(site: Site, obs: Any) -> Iterator[Findable]:
    """Topics and subfields that the works are tagged with: each has a dossier."""
    if not obs.corpus.has("topic") or not site.rows("work"):
        return
    table = obs.corpus.lookup("topic", ("topic_id", "name", "subfield_id", "subfield_name", "field_name"))
    seen = set()
    for r in table.to_pylist():
        for level in ("topic", "subfield"):
            key, name = r[f"{level}_id"], r["name" if level == "topic" else "subfield_name"]
            if key is None or not name or (level, key) in seen:
                continue
            seen.add((level, key))
            spec = f"{level}:{key}"
            yield Findable("topic", spec, f"/dossier/{spec}", {"en": name}, (spec,), 1.0, hint=r["field_name"] or "")


def tables(site: Site, obs: Any) -> Iterator[Findable]:
    """Series of the shipped tables, and the universities in them."""
    if not is_real(site):
        return
    for concept, sources in world.concepts().items():
        for k, s in enumerate(sources):
            names = (s.id, s.code, *(more_words().get(("series", concept), ()) if not k else ()))
            labels = in_each(partial(series_name, s))
            yield Findable(
                "series", s.id, f"/series/{s.id}", labels, names, 3.0 if not k else 1.0, hint=f"{s.origin.source} {s.origin.vintage}"
            )


def indicators(site: Site, obs: Any) -> Iterator[Findable]:
    """Indicators: each leads to its ranking of countries (or of the first kind of unit it has)."""
    for info in site.indicators().values():
        if any(k in ("with", "partner") and o.default == "" for k, o in info.options.items()):
            path = f"/methods/{info.id}"
        else:
            path = f"/rankings/{info.id}/{'country' if 'country' in info.units else info.units[0]}"
        doc = info.doc.split("\n")[0]
        yield Findable("indicator", info.id, path, {"en": info.name}, (info.id, doc, *more_words().get(("indicator", info.id), ())), 2.0)


def methods(site: Site, obs: Any) -> Iterator[Findable]:
    """Counting methods, scopes, and the rule book."""
    for method in METHODS.values():
        yield Findable("method", method.name, "/methods", said(method.name), (method.meaning,), 1.0, hint=method.meaning)
    for name in scopes():
        yield Findable("method", name, "/methods", said(name), (), 0.5)
    for rule in rulebook.rules().values():
        if rule.number.replace(".", "").isdigit() and rule.number.count(".") < 2:
            names = (f"METHODS {rule.number}", rule.number)
            yield Findable("rule", rule.number, f"/rules/{rule.chapter}", {"en": f"{rule.number} {rule.title}"}, (rule.title, *names), 0.0)


def told(site: Site, obs: Any) -> Iterator[Findable]:
    """Stories, indices, claims and pages."""
    from armillary.audit.language import read
    from armillary.web.claims import claim_files
    from armillary.web.indices import specs
    from armillary.web.pages.stories import told_all

    if is_real(site):
        by_language = {}
        for language in LANGUAGES:
            with speaking(language):
                by_language[language] = {t.id: t.title for t in told_all(site)}
        for key in by_language["en"]:
            yield Findable("story", key, f"/stories/{key}", {k: v[key] for k, v in by_language.items()}, (key,), 2.0)
    for name in specs(site):
        yield Findable("index", name, f"/indices/{name}", {"en": name.replace("-", " ").capitalize()}, (name,), 2.0)
    for name, path in claim_files(site).items():
        try:
            claims = read(path).claims
        except ArmillaryError:
            continue  # the claims page says what is wrong with the file
        for c in claims:
            yield Findable("claim", f"{name}/{c.id}", f"/claims/{name}/{c.id}", said(c.says), (), 0.0)
    for term, (long, says) in TERMS.items():
        yield Findable("page", f"term:{term}", "/glossary", {"en": f"{term}: {long}"}, (term, long), 0.5, hint=says)
    for path_of, label in PAGES.items():
        if is_real(site) or path_of not in OF_THE_WORLD:
            yield Findable("page", path_of, path_of, said(label), (path_of, *more_words().get(("page", path_of), ())), 2.5)


MAKERS: tuple[Callable[[Site, Any], Iterator[Findable]], ...] = (countries, groups, places, topics, tables, indicators, methods, told)


def both(index: FindIndex, query: str, language: str) -> list[Findable]:
    """A country and a table named in one query ("india papers", "中国专利"): the table with the country in focus."""
    parts = query.split()
    cuts = [(" ".join(parts[:k]), " ".join(parts[k:])) for k in range(1, len(parts))]
    if is_cjk(query) and len(parts) == 1:
        cuts = [(query[:k], query[k:]) for k in range(2, len(query) - 1)]
    for one, two in [c for pair in cuts for c in (pair, pair[::-1])]:
        country, table = index.named(one, "country"), index.search(two, 1, ("series",))
        if country is not None and table and table[0].points > 45:
            s = table[0].item
            return [
                Findable(
                    "series",
                    f"{s.id}?units={country.id}",
                    s.path,
                    {k: f"{country.label(k)}: {s.label(k)}" for k in LANGUAGES},
                    query=f"units={country.id}",
                    hint=s.hint,
                )
            ]
    return []
