"""The sentences of a brief, shared by its HTML, Markdown and PDF. For a reader who knows nothing of the tool."""

from __future__ import annotations

from armillary.studies.brief import Brief, BriefPart, HeadlineUnit, Mover, NotableWork

GLOSSARY = (
    ("Share", "each paper counts as one and is divided equally over its authors; a unit's Share is the sum of its authors' parts"),
    (
        "Interval",
        "where the number would lie in 95 of 100 repetitions if single papers had come out differently; where intervals overlap, "
        "the order says little",
    ),
    ("Change", "against the period before, as if both periods had the same number of papers in all"),
    ("Clear", "the earlier value lies outside today's interval; a change that is not clear may be chance"),
    ("Times expected", "citations of a paper divided by the average of papers of the same field, year and type"),
)


"""Data with fewer works than this are a sample: about ten million works appear each year."""


def lead(brief: Brief) -> str:
    """The first sentence: who leads, and by how much."""
    section = brief.sections[0]
    first = section.rows[0]
    text = (
        f"In {brief.period} {first.name} is first among {section.units:,} {section.title.lower()} with a Share of {first.value:,.1f} papers"
    )
    if len(section.rows) > 1:
        second = section.rows[1]
        apart = None if first.low is None or second.high is None else first.low > second.high
        text += f", ahead of {second.name} ({second.value:,.1f})"
        if apart is not None:
            text += "; the intervals are apart" if apart else "; the intervals overlap, so the order is not certain"
    return text + "."


def moved(mover: Mover) -> str:
    """One sentence about a mover."""
    verb = "rose" if mover.papers > 0 else "fell"
    text = f"{mover.name} {verb} by {percent(abs(mover.change))} ({_signed(mover.papers)} papers)"
    carried = [f"{name} ({_signed(papers)})" for name, papers in mover.fields if (papers > 0) == (mover.papers > 0) and abs(papers) >= 0.05]
    if carried:
        text += f"; the largest parts: {', '.join(carried)}"
    return text + ("." if mover.is_clear else "; within the interval, so it may be chance.")


def _signed(papers: float) -> str:
    return f"{papers:+,.1f}".replace("-", "\N{MINUS SIGN}")


def percent(part: float) -> str:
    """``12 %``."""
    return f"{part * 100:.0f} %"


def about(work: NotableWork) -> str:
    """Source, field and countries of a work."""
    return ", ".join(part for part in (work.source, work.field, *work.countries) if part)


def change(row: HeadlineUnit) -> str:
    """``+9 %``, ``new`` or a dash."""
    if row.change is None:
        return "new" if row.previous_rank is None else "–"
    return f"{row.change * 100:+.0f} %"


def place(row: HeadlineUnit) -> str:
    """The earlier rank with an arrow: ``▲ 2`` means two places up."""
    if row.previous_rank is None:
        return ""
    steps = row.previous_rank - row.rank
    return "=" if not steps else (f"▲ {steps}" if steps > 0 else f"▼ {-steps}")


def interval(row: HeadlineUnit) -> str:
    """``low to high``, or nothing."""
    return "" if row.low is None or row.high is None else f"{row.low:,.1f} to {row.high:,.1f}"


def data_line(brief: Brief) -> str:
    """What data this is."""
    d = brief.data
    parts = f"snapshot {d['snapshot_date']}, classification {d['classification_version']}, digest {str(d['digest'])[:12]}"
    return f"Data: {d['name']}, {parts}; recipes {', '.join(brief.recipes)}."


def warning(brief: Brief) -> str:
    """A band that must stand on top, or nothing."""
    if brief.data.get("synthetic"):
        return "This brief is computed from an invented world. It shows what a brief looks like and says nothing about the real one."
    if brief.data.get("sample"):
        return f"The data hold {brief.works_n:,} works, a small part of what is published; ranks and changes say nothing about the world."
    return ""


def methods(section: BriefPart) -> str:
    """How the table of a section was made, in one line."""
    meta = section.ranking.meta
    how = f"{meta['indicator']}, {meta['counting'].split(':')[0]} counting, scope {meta['scope']}"
    return f"{how}, {meta['records']:,} papers, {section.units:,} {section.title.lower()}."
