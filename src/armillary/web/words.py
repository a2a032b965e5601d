"""Words that pages need for registered names. Marked for translation here, translated where they are shown."""

from __future__ import annotations

from typing import Any


def N_(message: str) -> str:
    """Mark a message for the catalogue."""
    return message


UNIT = {
    "country": N_("Country"),
    "institution": N_("Institution"),
    "city": N_("City"),
    "region": N_("Region"),
    "author": N_("Author"),
    "field": N_("Field"),
    "list": N_("List"),
}
PLURAL = {
    "country": N_("countries"),
    "institution": N_("institutions"),
    "city": N_("cities"),
    "region": N_("regions"),
    "author": N_("authors"),
    "field": N_("fields"),
    "list": N_("lists"),
}
RANKED = {
    "country": N_("Countries by {indicator}"),
    "institution": N_("Institutions by {indicator}"),
    "city": N_("Cities by {indicator}"),
    "region": N_("Regions by {indicator}"),
    "author": N_("Authors by {indicator}"),
    "field": N_("Fields by {indicator}"),
    "list": N_("Lists by {indicator}"),
}
FAMILY = {
    "publications": N_("Output"),
    "impact": N_("Impact"),
    "collaboration": N_("Collaboration"),
    "access": N_("Open access"),
    "leadership": N_("Leadership"),
    "sdg": N_("Sustainable Development Goals"),
    "policy": N_("Policy uptake"),
    "people": N_("People"),
    "patents": N_("Patents"),
    "series": N_("R&D and talent"),
    "ecosystem": N_("Ecosystem"),
    "cooperation": N_("Cooperation"),
}
CHOICE = {"counting": N_("Counting"), "scope": N_("Which works"), "period": N_("Period"), "subject": N_("Subject")}
COUNTING = [
    N_("full"),
    N_("complete"),
    N_("author-fractional"),
    N_("institution-fractional"),
    N_("country-fractional"),
    N_("first"),
    N_("last"),
    N_("corresponding"),
    N_("harmonic"),
    N_("mfc-2"),
]
SCOPE = [N_("default"), N_("articles"), N_("journals-145"), N_("journals-145-all"), N_("journals-82")]


def unit_label(unit: str, unit_id: str, name: str, language: str, *, synthetic: bool) -> str:
    """The name of a unit in the reader's language: countries, large cities, fields and regions have names of their own, others stay."""
    from armillary.core.titles import clean_title
    from armillary.registry import world
    from armillary.web.worldwords import names

    if language != "en" and not synthetic:
        known = world.units().get(unit_id) if unit == "country" else None
        name = names(language).get(known.name if known is not None else name, name) if unit != "institution" else name
        if unit in ("field", "region"):
            from armillary.web.i18n import gettext

            name = gettext(name)
    return clean_title(name) or unit_id


def scale(rows: list[dict[str, Any]], *, from_zero: bool) -> tuple[float, float]:
    """Bottom and top of the common scale of a column of values with intervals."""
    values = [v for r in rows for v in (r.get("value"), r.get("low"), r.get("high")) if v is not None]
    if not values:
        return 0.0, 1.0
    top, low = max(values), min(values)
    if from_zero:
        return min(0.0, low), top or 1.0
    room = (top - low) * 0.06 or abs(top) * 0.1 or 1.0
    return max(0.0, low - room) if low >= 0 else low - room, top + room
