"""An audit: every claim of a file judged, counted and compared, with the hashes that make it repeatable."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from armillary.audit.consistency import Consistency, compare_texts
from armillary.audit.language import ClaimsFile
from armillary.audit.resolve import Resolver
from armillary.audit.verdict import LABELS, Kind, Verdict, judge
from armillary.core.corpus import Corpus
from armillary.core.interchange import Tabular
from armillary.version import __version__

ORDER: tuple[Kind, ...] = ("contradicted", "other-period", "not-decidable", "supported")


@dataclass(frozen=True, repr=False)
class Audit(Tabular):
    """The verdicts of one claims file, worst first within the page order, and what the texts say about each other."""

    file: ClaimsFile
    verdicts: tuple[Verdict, ...]
    consistency: tuple[Consistency, ...]

    @property
    def counts(self) -> dict[Kind, int]:
        """How many claims got each verdict, in page order."""
        seen = Counter(v.kind for v in self.verdicts)
        return {kind: seen[kind] for kind in ORDER}

    @property
    def ordered(self) -> list[Verdict]:
        """Contradictions first, then figures of another edition, then what cannot be decided, then what holds."""
        return sorted(self.verdicts, key=lambda v: ORDER.index(v.kind))

    @property
    def arrow(self) -> pa.Table:
        """A row a claim, in the order of :attr:`ordered`: ``claim, verdict, says, found, missing, article, source``."""
        rows = [
            {
                "claim": v.claim.id,
                "verdict": v.label,
                "says": v.claim.says,
                "found": v.outcome.found,
                "missing": v.lacks or None,
                "article": v.claim.article,
                "source": "; ".join(s.title for s in v.sources) or None,
            }
            for v in self.ordered
        ]
        names = ("claim", "verdict", "says", "found", "missing", "article", "source")
        return pa.Table.from_pylist(rows, schema=pa.schema([(n, pa.string()) for n in names]))

    def _title(self) -> str:
        return f"{self.file.title or self.file.path}: " + ", ".join(f"{n} {LABELS[k]}" for k, n in self.counts.items() if n)

    def as_dict(self) -> dict[str, Any]:
        """The audit for JSON: stable, no clock."""
        body: dict[str, Any] = {
            "claims_file": self.file.path,
            "claims_sha256": self.file.sha256,
            "title": self.file.title,
            "armillary": __version__,
            "counts": {LABELS[k]: n for k, n in self.counts.items()},
            "articles": {
                k: {
                    "file": a.file,
                    "sha256": a.sha256,
                    "title": a.title,
                    "publisher": a.publisher,
                    "published": None if a.published is None else a.published.isoformat(),
                }
                for k, a in self.file.articles.items()
            },
            "verdicts": [v.as_dict() for v in self.ordered],
            "consistency": [{"kind": c.kind, "claims": list(c.claims), "says": c.says} for c in self.consistency],
        }
        body["audit_sha256"] = hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()
        return body


def audit(file: ClaimsFile, corpus: Corpus | None = None, only: Sequence[str] = ()) -> Audit:
    """Judge all claims of a file (or those with the ids in ``only``)."""
    resolver = Resolver(corpus=corpus, here=file.here)
    verdicts = []
    for claim in file.claims:
        if only and claim.id not in only:
            continue
        article = file.articles.get(claim.article or "")
        verdicts.append(judge(claim, resolver, None if article is None else article.published))
    return Audit(file, tuple(verdicts), tuple(compare_texts(verdicts, file.articles)))
