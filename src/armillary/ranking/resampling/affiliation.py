"""Affiliation error inside the bootstrap: credit that stands at the wrong unit, and credit that is missing.

Institutions are matched to address lines by a program. In every draw each row of credit is wrong with probability ``wrong``: it is taken
away from its unit and, in the part ``moved`` of the cases, given to another one. With probability ``missed`` a further, equal row is added
to the same unit, for the work of that unit that the matching did not find. By default ``missed`` makes good on average what is lost, so
that totals keep their size and only their spread grows: no such program is known to err to one side only.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from armillary.core import guarded
from armillary.core.arrays import Floats, Ints
from armillary.errors import InputError, UsageError


@dataclass(frozen=True)
class AffiliationError:
    """Rates of wrong and missing rows of credit.

    ``missed``: None for ``wrong * (1 - moved)``, which balances what is lost. ``to``: relative chance of each unit to receive what is
    moved; by default in proportion to its rows (big neighbours attract).
    """

    wrong: float
    missed: float | None = None
    moved: float = 0.5
    to: Floats | None = None

    def __post_init__(self) -> None:
        for name in ("wrong", "missed", "moved"):
            rate = getattr(self, name)
            if rate is not None and not 0 <= rate <= 1:
                raise UsageError(f"{name}={rate} is not a rate between 0 and 1")

    @property
    def missing(self) -> float:
        """The rate of missing rows: as given, or the one that balances."""
        return self.wrong * (1 - self.moved) if self.missed is None else self.missed

    def targets(self, rows: Ints) -> Floats:
        """Cumulative distribution of the receiving unit."""
        weight = np.cumsum(rows if self.to is None else self.to).astype(np.float64)
        if len(weight) != len(rows) or not weight[-1] > 0:
            raise UsageError("'to' needs one weight a unit, with a positive sum")
        return np.asarray(weight / weight[-1])


def perturb(
    rng: np.random.Generator,
    error: AffiliationError,
    targets: Floats,
    weight: Floats,
    owner: Ints,
    unit: Ints,
    columns: list[Floats],
    sums: list[tuple[Ints, Floats]],
) -> list[tuple[Ints, Floats]]:
    """``sums`` (units, values by draw) of some works after errors: ``owner`` is the work of each row of credit, ``weight`` the works'
    weights by draw.
    """
    draws = weight.shape[1]
    cells = len(owner) * draws
    wrong, missed = hits(rng, error.wrong, cells), hits(rng, error.missing, cells)
    moved = wrong[rng.random(len(wrong)) < error.moved]
    receiver = np.minimum(np.searchsorted(targets, rng.random(len(moved)), side="right"), len(targets) - 1)
    units = np.unique(np.concatenate([sums[0][0], receiver]))
    local = np.searchsorted(units, unit)
    cell = np.concatenate([wrong, moved, missed])
    into = np.concatenate([local[wrong // draws], np.searchsorted(units, receiver), local[missed // draws]])
    where = into * draws + cell % draws
    sign = np.concatenate([-np.ones(len(wrong)), np.ones(len(moved) + len(missed))])
    copies = weight[owner[cell // draws], cell % draws] * sign
    out: list[tuple[Ints, Floats]] = []
    for column, (before, value) in zip(columns, sums, strict=True):
        total = np.bincount(where, copies * column[cell // draws], len(units) * draws).astype(np.float64).reshape(len(units), draws)
        total[np.searchsorted(units, before)] += value
        out.append((units, total))
    return out


def hits(rng: np.random.Generator, rate: float, cells: int) -> Ints:
    """Which of ``cells`` independent trials with that rate succeed, by the gaps between successes (cost: successes, not trials)."""
    if rate <= 0 or not cells:
        return np.zeros(0, np.int64)
    if rate >= 1:
        return np.arange(cells)
    found: list[Ints] = []
    at = -1
    while at < cells:
        gaps = rng.geometric(rate, size=int((cells - at) * rate * 1.1) + 16)
        places = at + np.cumsum(gaps)
        found.append(places)
        at = int(places[-1])
    every = np.concatenate(found)
    return np.asarray(every[every < cells])


@dataclass(frozen=True)
class RateEstimate:
    """Error rate read off a table of address lines and matched institutions, without anyone having checked it by hand.

    ``unsupported``: part of matches whose institution shares no telling word (or acronym) with the line: mostly wrong, or matched by
    knowledge. ``inconsistent``: part of mentions of lines that, spelled alike but for case and punctuation, were given different
    institutions: one of them is wrong or incomplete. The first bounds the rate of wrong matches from above in most cases; the second is a
    floor for wrong plus missed.
    """

    lines: int
    mentions: int
    matches: int
    unsupported: float
    inconsistent: float

    @property
    def rate(self) -> float:
        """The rate to use: the mean of the two."""
        return (self.unsupported + self.inconsistent) / 2


_STOP = frozenset(
    {
        "university",
        "universiteit",
        "universitat",
        "universite",
        "universidad",
        "universidade",
        "universita",
        "institute",
        "institut",
        "instituto",
        "college",
        "school",
        "department",
        "center",
        "centre",
        "hospital",
        "national",
        "state",
        "research",
        "sciences",
        "science",
        "technology",
        "technical",
        "academy",
        "laboratory",
        "group",
        "company",
        "corporation",
        "ministry",
        "medical",
        "health",
        "general",
        "international",
        "foundation",
        "faculty",
        "the",
        "and",
        "for",
        "des",
        "der",
        "und",
    }
)
"""Words that tell no institution from another."""


def estimate_rate(path: Path) -> RateEstimate:
    """Rates from a CSV (gzip or plain) with ``raw_affiliation_string, n, institution_ids, names`` (several ids and names joined by ``;``
    or ``|``).
    """
    mentions = matches = unsupported = total = lines = 0
    by_spelling: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    try:
        with guarded.open_binary(path) as packed, io.TextIOWrapper(packed, encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                n, line = int(row["n"]), row["raw_affiliation_string"]
                ids, names = (re.split(r"[;|]", row[c]) if row[c] else [] for c in ("institution_ids", "names"))
                lines, mentions = lines + 1, mentions + n
                by_spelling[" ".join(_words(line))][";".join(sorted(ids))] += n
                words = set(_words(line))
                for name in names:
                    matches += 1
                    total += n
                    unsupported += 0 if _supported(name, words) else n
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
        raise InputError(
            f"not a table of address lines and institutions ({error})",
            where=path,
            fix="it needs the columns raw_affiliation_string, n, institution_ids, names",
        ) from None
    if not total:
        raise InputError("no matched address line in the table", where=path)
    differing = sum(sum(given.values()) - max(given.values()) for given in by_spelling.values())
    return RateEstimate(lines, mentions, matches, unsupported / total, differing / mentions)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return re.findall(r"[a-z0-9]+", plain)


def _supported(name: str, words: set[str]) -> bool:
    bare = re.sub(r"\(.*?\)", "", name)
    telling = {w for w in _words(bare) if w not in _STOP and len(w) > 2}
    capitals = "".join(w[0] for w in re.findall(r"[A-Za-z]+", bare) if w[0].isupper()).casefold()
    joined = {w[: len(stem)] for w in words for stem in telling if len(stem) > 4}
    return not telling or bool(telling & words) or bool(telling & joined) or (len(capitals) > 1 and capitals in words)
