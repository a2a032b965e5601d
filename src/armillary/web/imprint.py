"""What stands inside everything that leaves the site: title, warning, source, licence, date and address; and how to cite it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from armillary.charts.sheet import Line
from armillary.core.frame import said_of
from armillary.version import __version__
from armillary.web.current import current, link
from armillary.web.i18n import gettext as _
from armillary.web.page import WORDS_ONLY, Page
from armillary.web.site import Site

LICENCE = "CC0 (records), Apache-2.0 (code)"


@dataclass(frozen=True, slots=True)
class Imprint:
    """``date`` is that of the data (the same data give the same bytes on any day); ``address`` has no host where the owner gave none."""

    title: str
    measure: str
    warning: str
    source: str
    licence: str
    date: str
    address: str

    @property
    def lines(self) -> list[Line]:
        """As lines under a picture."""
        out = [Line(self.warning, True)] if self.warning else []
        return [*out, Line(" · ".join(self._origin)), Line(f"Armillary {__version__} · {self.address}")]

    @property
    def note(self) -> str:
        """The same in one line, for the rows of a file that holds nothing but a table."""
        return " · ".join((*((self.warning,) if self.warning else ()), *self._origin, f"Armillary {__version__}", self.address))

    @property
    def _origin(self) -> list[str]:
        parts = (
            _("Source: {source}").format(source=self.source),
            _("Licence: {licence}").format(licence=self.licence) if self.licence else "",
            _("Data of {date}").format(date=self.date) if self.date else "",
        )
        return [p for p in parts if p]

    def as_dict(self) -> dict[str, Any]:
        """As metadata of a file."""
        return {
            "warning": self.warning or None,
            "source": self.source,
            "licence": self.licence,
            "date": self.date,
            "address": self.address,
            "citation": self.text,
        }

    @property
    def key(self) -> str:
        """A key for bibliographies, the same for the same address."""
        return "armillary-" + hashlib.sha256(self.address.encode()).hexdigest()[:8]

    @property
    def year(self) -> str:
        """The year of the data."""
        found = re.search(r"\d{4}", self.date)
        return found[0] if found else ""

    @property
    def text(self) -> str:
        """The citation as a sentence."""
        said = f" [{self.warning}]" if self.warning else ""
        data = ", ".join(p for p in (self.source, self.date) if p)
        return f"Armillary {__version__}: {self.title}.{said} " + _("Data: {data}.").format(data=data) + f" {self.address}"

    @property
    def bibtex(self) -> str:
        """As an entry of BibTeX."""

        def braced(text: str) -> str:
            return re.sub(r"([#$%&_{}])", r"\\\1", text.replace("\\", ""))

        rows = {
            "title": "{" + braced(self.title) + "}",
            "author": "{The Armillary authors}",
            "year": self.year,
            "note": braced(f"Data: {', '.join(p for p in (self.source, self.date) if p)}. {self.warning}".strip()),
            "version": __version__,
            "url": self.address,
        }
        body = ",\n".join(f"  {k} = {{{v}}}" for k, v in rows.items() if v)
        return f"@misc{{{self.key},\n{body}\n}}\n"

    @property
    def ris(self) -> str:
        """As a record of RIS."""
        rows = [("TY", "DATA"), ("TI", self.title), ("AU", "The Armillary authors"), ("PY", self.year)]
        rows += [("ET", __version__), ("N1", f"Data: {self.source}, {self.date}"), ("N1", self.warning), ("UR", self.address)]
        return "".join(f"{k}  - {' '.join(v.split())}\r\n" for k, v in rows if v) + "ER  - \r\n"

    @property
    def csl(self) -> str:
        """As an item of CSL-JSON."""
        item = {
            "id": self.key,
            "type": "dataset",
            "title": self.title,
            "author": [{"literal": "The Armillary authors"}],
            "issued": {"date-parts": [[int(self.year)]]} if self.year else None,
            "version": __version__,
            "source": self.source,
            "note": self.warning or None,
            "URL": self.address,
        }
        return json.dumps([{k: v for k, v in item.items() if v}], ensure_ascii=False, indent=1) + "\n"


def imprint(site: Site, page: Page) -> Imprint:
    """The imprint of a page as it is asked for."""
    here, meta, of_tables = current(), page.meta, not page.shows_works
    if of_tables:
        source = _source(str(meta.get("source") or "")) or _("published tables that ship with Armillary")
        source = _("texts of Armillary") if page.template in WORDS_ONLY else source
        date = str(meta.get("date") or "")
    else:
        source, date = str(site.data["name"]), str(site.data.get("snapshot_date") or "")
    query = "&".join(p for p in here.query.split("&") if p and not p.startswith("embed="))
    return Imprint(
        page.title,
        page.description,
        "" if of_tables else warning(site),
        source,
        _(str(meta.get("licence") or ("" if of_tables else LICENCE))),
        date,
        site.settings.address.rstrip("/") + link(here.path, query, language=here.language),
    )


def _said(data: dict[str, Any]) -> str:
    """What the works are, in a few words of the reader's language."""
    known = said_of({**data, "frame": ""})
    frame = str(data.get("frame") or "")
    return f"{_(known)}; {_(frame)}" if frame else _(known)


def _source(text: str) -> str:
    """A source in the reader's language: publisher and vintage, or a text of the registries."""
    found = re.fullmatch(r"(.+), vintage (\S+)", text)
    if found is None:
        return _(text)
    publisher = found[1]
    return _("{source}, vintage {vintage}").format(source=_(publisher), vintage=found[2])


def warning(site: Site) -> str:
    """What a reader of a picture from these works must know first."""
    data = site.data
    if data.get("synthetic"):
        return _("Synthetic data: an invented world. It says nothing about the real one.")
    if data.get("kind") == "random-sample":
        return _("A random sample: estimates for the frame of the draw, with intervals.")
    if data.get("sample") or data.get("kind") in ("institution", "country", "convenience-sample"):
        return _("A sample: these figures say nothing about the world.") + f" ({_said(data)})"
    return ""
