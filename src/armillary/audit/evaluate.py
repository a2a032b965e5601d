"""How well the rules find what a person found: precision and recall of proposals against a hand-made claims file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from armillary.audit.extract import Proposal, extract
from armillary.audit.language import ClaimsFile
from armillary.audit.sentences import read_text
from armillary.errors import DataError


@dataclass(frozen=True, slots=True)
class Score:
    """Counts for one article: proposals, how many touch a claim; claims, how many are touched; predicates guessed right among those."""

    article: str
    proposals: int
    right: int
    claims: int
    found: int
    predicates: int

    @property
    def precision(self) -> float:
        """Part of the proposals that touch a claim."""
        return self.right / self.proposals if self.proposals else 0.0

    @property
    def recall(self) -> float:
        """Part of the claims that a proposal touches."""
        return self.found / self.claims if self.claims else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True)
class ExtractionScores:
    """Scores by article, and what was missed or proposed for nothing."""

    scores: list[Score]
    missed: list[str]
    extra: list[tuple[str, Proposal]]

    @property
    def total(self) -> Score:
        """All articles together."""
        s = self.scores
        return Score("all", *(sum(getattr(x, k) for x in s) for k in ("proposals", "right", "claims", "found", "predicates")))


def evaluate(file: ClaimsFile, folder: Path, *, least: int = 3) -> ExtractionScores:
    """Compare the proposals for each article in ``folder`` with the claims of the file; a proposal is right if it touches one."""
    scores: list[Score] = []
    missed: list[str] = []
    extra: list[tuple[str, Proposal]] = []
    for key, article in file.articles.items():
        path = folder / article.file
        if not path.is_file():
            raise DataError(
                f"the article '{article.file}' is not at hand", where=folder, fix="give the folder of the articles with --articles"
            )
        if article.sha256 and hashlib.sha256(path.read_bytes()).hexdigest() != article.sha256:
            raise DataError(
                "the article is not the one that the claims were taken from (another hash)", where=path, fix="use the original file"
            )
        claims = [c for c in file.claims if c.article == key and c.at is not None]
        proposals = extract(read_text(path), least=least)
        right = found = predicates = 0
        for proposal in proposals:
            if any(c.at is not None and _touch(c.at, proposal) for c in claims):
                right += 1
            else:
                extra.append((key, proposal))
        for claim in claims:
            mine = [p for p in proposals if claim.at is not None and _touch(claim.at, p)]
            if mine:
                found += 1
                predicates += any(p.draft["predicate"] == claim.main.query.predicate for p in mine)
            else:
                missed.append(claim.id)
        scores.append(Score(key, len(proposals), right, len(claims), found, predicates))
    return ExtractionScores(scores, missed, extra)


def _touch(at: tuple[int, int], proposal: Proposal) -> bool:
    return at[0] < proposal.sentence.end and proposal.sentence.start < at[1]
