"""Lines of text that several pages share: the period, what a ranking rests on, a row with its names."""

from __future__ import annotations

from typing import Any

from armillary.ranking.result import Ranking
from armillary.web import words
from armillary.web.choices import Choice
from armillary.web.current import current
from armillary.web.i18n import gettext as _
from armillary.web.site import Site


def period_text(choice: Choice) -> str:
    """The period in words."""
    return choice.period.replace("-", "–") or _("all years")


def lead_text(found: Ranking, choice: Choice) -> str:
    """Under the title: which works, when, how counted."""
    meta = found.meta
    parts = [
        period_text(choice),
        choice.subject or _("all subjects"),
        _("{method} counting").replace("{method}", _(found.recipe.counting)),
        _("{n} papers").replace("{n}", f"{meta['records']:,}"),
        _("{n} units").replace("{n}", f"{meta['units']:,}"),
    ]
    return " · ".join(parts)


def decorated(site: Site, found: Ranking, row: dict[str, Any]) -> dict[str, Any]:
    """A row with the name as the page shows it and its interval where there is one."""
    row["label"] = words.unit_label(
        found.recipe.unit, row["unit_id"], row["name"], current().language, synthetic=bool(site.data.get("synthetic"))
    )
    row.setdefault("low", None)
    row.setdefault("high", None)
    return row
