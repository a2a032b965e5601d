"""The sentences of a brief in the reader's language: the same facts as ``reports.brief_words`` says in English."""

from __future__ import annotations

from typing import Any

from armillary.studies.brief import Brief, BriefPart, Mover, NotableWork
from armillary.web import i18n
from armillary.web.current import current
from armillary.web.i18n import gettext as _
from armillary.web.words import N_, PLURAL, unit_label
from armillary.web.worldwords import names

LEAD = {
    None: N_("In {period} {first} is first among {n} {units} with a Share of {value} papers, ahead of {second} ({other})."),
    True: N_(
        "In {period} {first} is first among {n} {units} with a Share of {value} papers, ahead of {second} ({other}); "
        "the intervals are apart."
    ),
    False: N_(
        "In {period} {first} is first among {n} {units} with a Share of {value} papers, ahead of {second} ({other}); "
        "the intervals overlap, so the order is not certain."
    ),
}  # fmt: skip
ALONE = N_("In {period} {first} is first among {n} {units} with a Share of {value} papers.")
ROSE = N_("{name} rose by {percent} ({papers} papers)")
FELL = N_("{name} fell by {percent} ({papers} papers)")
PARTS = N_("the largest parts: {fields}")
PERHAPS = N_("within the interval, so it may be chance")


class BriefWords:
    """What the template says: names as the page shows them."""

    def __init__(self, site_data: dict[str, Any]) -> None:
        self._synthetic = bool(site_data.get("synthetic"))

    def name(self, kind: str, row: Any) -> str:
        """A unit as the page calls it."""
        return unit_label(kind, row.unit_id, row.name, current().language, synthetic=self._synthetic)

    def lead(self, brief: Brief) -> str:
        """Who leads, and by how much."""
        section = brief.sections[0]
        first, *others = section.rows
        said = {
            "period": brief.period.replace("-", "–"),
            "first": self.name(section.kind, first),
            "n": i18n.number(section.units),
            "units": _(PLURAL[section.kind]),
            "value": i18n.number(first.value, 1),
        }
        if not others:
            return _(ALONE).format(**said)
        second = others[0]
        apart = None if first.low is None or second.high is None else first.low > second.high
        return _(LEAD[apart]).format(**said, second=self.name(section.kind, second), other=i18n.number(second.value, 1))

    def moved(self, section: BriefPart, mover: Mover) -> str:
        """Who rose or fell, by which fields, and whether that is clear."""
        up = mover.papers > 0
        papers = ("+" if up else "−") + i18n.number(abs(mover.papers), 1)
        said = {"name": self.name(section.kind, mover), "percent": i18n.percent(abs(mover.change), 0), "papers": papers}
        parts = [_(ROSE if up else FELL).format(**said)]
        fields = [
            f"{_(name)} ({'+' if p > 0 else '−'}{i18n.number(abs(p), 1)})" for name, p in mover.fields if (p > 0) == up and abs(p) >= 0.05
        ]
        if fields:
            parts.append(_(PARTS).format(fields=_(", ").join(fields)))
        if not mover.is_clear:
            parts.append(_(PERHAPS))
        return _("; ").join(parts) + _(".")

    def about(self, work: NotableWork) -> str:
        """Source, field and countries of a work."""
        known, field = names(current().language), work.field or ""
        return _(", ").join(part for part in (work.source, _(field), *(known.get(c, c) for c in work.countries)) if part)

    def change(self, row: Any) -> str:
        """``+9 %``, new, or a dash."""
        if row.change is None:
            return _("new") if row.previous_rank is None else i18n.MISSING
        return ("+" if row.change >= 0 else "−") + i18n.percent(abs(row.change), 0)

    def methods(self, section: BriefPart) -> str:
        """How the table of a section was made, on one line."""
        meta = section.ranking.meta
        counting, scope = meta["counting"].split(":")[0], meta["scope"]
        return _("{indicator}, {counting} counting, scope: {scope}, {papers} papers, {n} {units}.").format(
            indicator=meta["indicator"],
            counting=_(counting),
            scope=_(scope),
            papers=i18n.number(meta["records"]),
            n=i18n.number(section.units),
            units=_(PLURAL[section.kind]),
        )
