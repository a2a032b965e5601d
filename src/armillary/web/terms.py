"""The words of rankings, explained in a sentence each; acronyms are spelt out."""

from __future__ import annotations

from armillary.web.words import N_

TERMS: dict[str, tuple[str, str]] = {
    "Share": (
        N_("fractional count"),
        N_("A paper divided equally among its authors and summed up for a country, city or institution."),
    ),
    "Count": (
        N_("whole count"),
        N_("Papers with at least one author from there; each counts once for everyone on it."),
    ),
    "P": (
        N_("number of papers"),
        N_("Papers under any way of counting."),
    ),
    "PP": (
        N_("proportion of papers"),
        N_("A share of a unit's own papers, so that size does not matter."),
    ),
    "PP(top 10 %)": (
        N_("proportion of papers among the 10 % most cited"),
        N_("How many of a unit's papers are among the tenth most cited of their field, year and type. About 10 % is the world."),
    ),
    "MNCS": (
        N_("mean normalised citation score"),
        N_("Citations of each paper over the mean of its field, year and type, then the mean of these. 1 is the world."),
    ),
    "TNCS": (
        N_("total normalised citation score"),
        N_("The same, summed up: it grows with the number of papers."),
    ),
    "TCS": (
        N_("total citation score"),
        N_("All citations of all papers, without regard to field or year."),
    ),
    "MCS": (
        N_("mean citation score"),
        N_("Citations per paper, without regard to field or year."),
    ),
    "GERD": (
        N_("gross domestic expenditure on research and development"),
        N_("All money spent on research within a country, whoever pays."),
    ),
    "BERD": (
        N_("business expenditure on research and development"),
        N_("The part of it that firms spend."),
    ),
    "HERD": (
        N_("higher education expenditure on research and development"),
        N_("The part of it that universities spend."),
    ),
    "GOVERD": (
        N_("government expenditure on research and development"),
        N_("The part of it that government institutes spend."),
    ),
    "PPP": (
        N_("purchasing power parity"),
        N_("Money changed so that it buys the same in both countries."),
    ),
    "FTE": (
        N_("full-time equivalent"),
        N_("Half a post is half a researcher."),
    ),
    "PCT": (
        N_("Patent Cooperation Treaty"),
        N_("One application for many countries; it says more about international reach than a national one."),
    ),
    "IP5": (
        N_("the five largest patent offices"),
        N_("Families of patents with a member in two offices, one of them among the five."),
    ),
    "OA": (
        N_("open access"),
        N_("Free to read: gold and diamond in open journals, hybrid by licence, bronze without one, green in a repository."),
    ),
    "SDG": (
        N_("Sustainable Development Goals"),
        N_("Seventeen goals of the United Nations; papers are tagged by their words."),
    ),
    "GII": (
        N_("Global Innovation Index"),
        N_("A composite of about eighty indicators by the World Intellectual Property Organization."),
    ),
    "Leiden": (
        N_("Leiden Ranking"),
        N_("A ranking of universities that gives indicators with intervals and no overall score."),
    ),
    "ROR": (
        N_("Research Organization Registry"),
        N_("Open identifiers of institutions."),
    ),
    "DOI": (
        N_("digital object identifier"),
        N_("The lasting address of a paper."),
    ),
    "OpenAlex": (
        N_("an open catalogue of scholarly works"),
        N_("The source of the papers that are counted here."),
    ),
    "h": (
        N_("h-index"),
        N_("So many papers with at least so many citations each. It grows with age and is not used here."),
    ),
}
"""Term -> what the letters stand for, and what it means."""
