"""What an open observatory says of a measure: its own rankings, as evidence beside what ships; samples keep their rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from armillary.audit.evidence import Evidence
from armillary.audit.library import tables
from armillary.audit.library.measures import Candidate, MeasureEntry
from armillary.audit.reading.assertion import Assertion
from armillary.errors import ArmillaryError

if TYPE_CHECKING:
    from armillary.core.corpus import Corpus

KEPT = {
    "random-sample": "a random sample, whose counts are its own",
    "convenience-sample": "works that happened to be at hand",
    "institution": "the works of one institution",
    "country": "the works of one country",
    "synthetic": "an invented world",
}
"""Why the rankings of some observatories decide nothing about a sentence."""
WHY = "computed from the records of this observatory"


@dataclass
class OwnEvidence:
    """Rankings of one corpus by measure, each computed once; what must not be concluded from is kept with the reason."""

    corpus: Corpus
    _made: dict[str, Evidence | str] = field(default_factory=dict)

    def candidates(self, m: MeasureEntry, a: Assertion) -> list[tuple[Candidate, str]]:
        """A candidate for each own ranking of the measure, with the reason why it says nothing ("" where it may)."""
        if a.fields or any("#" in s for s in a.subject) or a.sources:
            return []
        out = []
        for indicator in m.own:
            partner = a.partner[0] if m.pairs and len(a.partner) == 1 else ""
            if m.pairs and not partner:
                continue
            found = self._ranking(indicator, partner)
            name = f"own:{indicator}" + (f":{partner}" if partner else "")
            if isinstance(found, str):
                out.append((Candidate(name, f"{indicator} (this observatory)", (), table=name, why=WHY, is_published=True), found))
                continue
            tables.shelve(found.id, found)
            label = f"{found.title} (this observatory)"
            out.append((Candidate(found.id, label, (), table=found.id, why=WHY, is_published=True), ""))
        return out

    def _ranking(self, indicator: str, partner: str) -> Evidence | str:
        from armillary.audit.rankings import from_ranking
        from armillary.core.frame import frame_of

        frame = frame_of(self.corpus.store)
        if frame.kind != "world":
            return f"{KEPT[frame.kind]}: nothing about the world follows from it"
        key = f"{indicator} {partner}"
        if key not in self._made:
            asked = {"indicator": indicator, "unit": "country"} | ({"options": {"with": partner}} if partner else {})
            try:
                self._made[key] = from_ranking(self.corpus, asked, Path())
            except ArmillaryError as error:
                self._made[key] = str(error).split("\n", 1)[0]
        return self._made[key]
