"""What people ask of rankings, and where the answer stands: complete tables of the world first, then the records of this observatory."""

from __future__ import annotations

from dataclasses import dataclass

from armillary.web.words import N_


@dataclass(frozen=True, slots=True)
class Question:
    """A question, what to know before the answer, the series that answer it for countries, and the rankings of works (indicator, unit)."""

    asks: str
    know: str
    series: tuple[str, ...] = ()
    rankings: tuple[tuple[str, str], ...] = ()
    pages: tuple[str, ...] = ()


QUESTIONS = (
    Question(
        N_("Who publishes most?"),
        N_("Counted whole, a paper counts once for every country on it; counted by parts, it is shared out. Large countries lead both."),
        ("articles-fractional", "articles-whole", "publications-fractional"),
        (("share", "country"), ("share", "city"), ("share", "institution")),
    ),
    Question(
        N_("Whose papers are cited most?"),
        N_("A share of papers among the world's most cited says more than a mean; the world's own share is the yardstick."),
        ("top1-share", "top10-share", "pp-top10"),
        (("pp-top10", "country"), ("pp-top10", "institution"), ("mncs", "country")),
    ),
    Question(
        N_("Who works with whom?"),
        N_("Shares of joint papers depend on the size of the partner; a small country has most of its papers with others."),
        ("coauthored-works", "international-share"),
        (("pp-international", "country"),),
        ("/collaboration",),
    ),
    Question(
        N_("Who spends most on research?"),
        N_("As a part of the economy, or in money of equal purchasing power: two questions with two answers."),
        ("gerd-gdp", "gerd-ppp-current", "berd-gdp"),
    ),
    Question(
        N_("Who has most researchers?"),
        N_("Full-time equivalents, not heads; per thousand employed or per million inhabitants for small countries."),
        ("researchers", "researchers-employed", "researchers-million", "women-researchers"),
    ),
    Question(
        N_("Who invents most?"),
        N_("National applications follow national law and do not compare; international ones do, to 2020."),
        ("pct-inventors", "ip5-families", "patents-residents"),
    ),
    Question(
        N_("Who builds artificial intelligence?"),
        N_("Papers, notable models and developers are three different things."),
        ("ai-publications", "ai-models-fractional", "developers"),
    ),
    Question(
        N_("Who wins the prizes?"),
        N_("By place of work when the prize was given; prizes follow the work by decades."),
        ("nobel-fractional", "nobel-whole"),
    ),
    Question(
        N_("Who rises and who falls?"),
        N_("A path shows every year; one year against another shows two accidents."),
        pages=("/path/share/country", "/path/share/city", "/brief"),
    ),
)
PAGE_NAMES = {
    "/collaboration": N_("Collaboration"),
    "/path/share/country": N_("Rank paths of countries"),
    "/path/share/city": N_("Rank paths of cities"),
    "/brief": N_("The newest full year in brief"),
}
