"""Audit of institution types: which of the biggest institutions are typed in a way that their names or another register contradict.

University-company numbers stand or fall with the type of a few hundred institutions. State enterprises may be typed ``company``,
``facility`` or ``government``; university hospitals ``healthcare`` or ``education`` (METHODS 9.3). Nothing is changed here: the
list is for people to review.
"""

from __future__ import annotations

import re

import ibis
import pyarrow as pa
from ibis import _

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.credits import unit_credits
from armillary.counting.scopes import scoped_works
from armillary.counting.sectors import SECTORS, VAGUE, typed_institutions
from armillary.indicators.ecosystem import sector_facts

# what a name says of its bearer; the first that matches counts
_SAYS: tuple[tuple[str, re.Pattern[str], tuple[str, ...]], ...] = (
    ("hospital", re.compile(r"\b(?:hospital|klinik\w*|clinic|infirmary|medical cent(?:er|re))\b|医院", re.I), ("healthcare", "education")),
    (
        "university",
        re.compile(r"\b(?:universi\w+|college|hochschule|institute of technology|polytechni\w*)\b|大学|学院", re.I),
        ("education", "healthcare"),
    ),
    (
        "company",
        re.compile(
            r"\b(?:inc|ltd|llc|gmbh|corp(?:oration)?|co\.|company|plc|s\.?a\.?|ag|holdings?|aramco|petroleum company|group)\b\.?", re.I
        ),
        ("company",),
    ),
    (
        "government",
        re.compile(r"\b(?:ministry|department of|agency|national laborator(?:y|ies)|army|navy|air force|bureau|geological survey)\b", re.I),
        ("government", "facility"),
    ),
)


def says(name: str | None) -> tuple[str, tuple[str, ...]] | None:
    """What a name says (``university``, ``company``, ...) and the types that agree with it; None where it says nothing."""
    for label, pattern, types in _SAYS:
        if name and pattern.search(name):
            return label, types
    return None


def type_audit(corpus: Corpus, recipe: Recipe, *, top: int = 200) -> pa.Table:
    """The ``top`` institutions by papers, and in each the papers, the type, what the name says, ROR's type, and ``doubt``.

    ``doubt`` is ``vague`` where OpenAlex's type says nothing of the sector (``funder``, ``other``), ``untyped`` where there is none,
    ``name`` where the name speaks against the type, ``ror`` where ROR has another type, ``both``, or empty.
    ``sector_by`` says whose type decides the sector (empty: nobody names one).
    Institutions with a doubt come first, then by papers. Papers in scope, full counting.
    """
    credits = unit_credits(corpus, recipe.but(unit="institution", counting="full", step=0, rollup="none"))
    papers = credits.group_by("unit_id").agg(papers=credits.work_id.nunique()).order_by([ibis.desc("papers"), "unit_id"]).limit(top)
    entity = typed_institutions(corpus)
    rows = corpus.fetch(
        papers.join(entity, papers.unit_id == entity.institution_id).select(
            "institution_id", "name", "country_code", "papers", "institution_type", "ror_type", "sector_type"
        )
    )
    out = []
    for r in rows.to_pylist():
        hint, kind = says(r["name"]), r["institution_type"]
        by_name = hint is not None and kind is not None and kind not in hint[1]
        by_ror = bool(r["ror_type"]) and kind is not None and r["ror_type"] != kind
        is_vague = kind in VAGUE
        doubt = (
            "untyped"
            if kind is None
            else "vague"
            if is_vague
            else "both"
            if by_name and by_ror
            else "name"
            if by_name
            else "ror"
            if by_ror
            else ""
        )
        out.append(
            {
                "unit_id": f"I{r['institution_id']}",
                "name": r["name"],
                "country": r["country_code"],
                "papers": r["papers"],
                "type": kind,
                "sector_by": None if r["sector_type"] is None else "openalex" if r["sector_type"] == kind else "ror",
                "name_says": hint[0] if hint else None,
                "ror_type": r["ror_type"],
                "doubt": doubt,
            }
        )
    out.sort(key=lambda r: (r["doubt"] == "", -r["papers"], r["unit_id"]))
    schema = pa.schema(
        [
            ("unit_id", pa.string()),
            ("name", pa.string()),
            ("country", pa.string()),
            ("papers", pa.int64()),
            ("type", pa.string()),
            ("sector_by", pa.string()),
            ("name_says", pa.string()),
            ("ror_type", pa.string()),
            ("doubt", pa.string()),
        ]
    )
    return pa.Table.from_pylist(out, schema=schema)


def sector_pairs(corpus: Corpus, recipe: Recipe) -> pa.Table:
    """Papers on which two sectors are together, and each sector alone (the diagonal): ``sector_1, sector_2, papers, share``.

    ``share`` is of the works in scope whose institutions all have a type, the last row's ``papers``; the rest is not judged.
    """
    facts = sector_facts(corpus, recipe)
    names = sorted(SECTORS)
    sums = {"judged": facts.count(), "works": facts.count()}
    for i, a in enumerate(names):
        for b in names[i:]:
            sums[f"{a}|{b}"] = ((facts[a] > 0) & (facts[b] > 0)).cast("int64").sum()
    sums["company|government|university"] = ((facts.company > 0) & (facts.government > 0) & (facts.university > 0)).cast("int64").sum()
    row = corpus.fetch(facts.aggregate(**sums)).to_pylist()[0]
    judged = int(row["judged"])
    out = [
        {
            "sectors": " + ".join(dict.fromkeys(key.split("|"))),
            "papers": int(row[key] or 0),
            "share": (row[key] or 0) / judged if judged else None,
        }
        for key in sums
        if "|" in key
    ]
    total = int(corpus.fetch(scoped_works(corpus, recipe.but(step=0)).aggregate(n=_.count()))["n"][0].as_py())
    out.append({"sectors": "all institutions typed", "papers": judged, "share": judged / total if total else None})
    return pa.Table.from_pylist(out)
