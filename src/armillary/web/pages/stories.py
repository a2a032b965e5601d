"""Twelve stories from the shipped tables: a sentence, a chart, a caveat and the table, all made anew from the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import pyarrow as pa
from fastapi import Path

from armillary.registry import world
from armillary.studies.world.stories import STORIES, Story, tell
from armillary.web.current import current
from armillary.web.i18n import gettext as _
from armillary.web.i18n import number, percent
from armillary.web.page import Page
from armillary.web.routes import SiteDep, of_the_real_world, page
from armillary.web.site import Site
from armillary.web.worldwords import names, series_name, source_line, unit_name

StoryPath = Annotated[str, Path(max_length=40, pattern=r"^[a-z-]+$", description="Id of a story")]


@dataclass(frozen=True, slots=True)
class Told:
    """A story in the reader's language."""

    id: str
    title: str
    says: str
    caveat: str
    measure: str


def told(story: Story) -> Told:
    """The words of a story, filled with its numbers."""
    names = {u.name: unit_name(u.code) for u in world.units().values() if u.name_zh}
    return Told(story.id, *_WORDS[story.id]({k: names.get(v) or _(v) if isinstance(v, str) else v for k, v in story.facts.items()}))


def _passed(f: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        _("China passed the United States in papers in {by_parts}, or in {whole}").format(by_parts=f["by_parts"], whole=f["whole"]),
        _(
            "Divided among the authors' countries, China has had more science and engineering articles since "
            "{by_parts}; counted whole, since {whole}. In {year} it had {china}, the United States {us}: {share} of "
            "the world's are China's."
        ).format(
            by_parts=f["by_parts"],
            whole=f["whole"],
            year=f["year"],
            china=number(f["china"]),
            us=number(f["us"]),
            share=percent(f["share"], 0),
        ),
        _("One database (Scopus). More papers are not better papers; see the story on the most cited ones."),
        _("articles"),
    )


def _cited(f: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        _("Among the most cited, China is above the world's average since {above}").format(above=f["above"]),
        _(
            "Of all articles 1 % are the world's most cited. China's share was {china} % in {year}; that of the United"
            " States {us} %, down from {us_best} % in {us_best_year}. First is {first}."
        ).format(
            china=number(f["china"], 2),
            year=f["year"],
            us=number(f["us"], 2),
            us_best=number(f["us_best"], 2),
            us_best_year=f["us_best_year"],
            first=f["first"],
        ),
        _(
            "Countries cite their own work more than others do, and large countries gain by it. Economies with under "
            "1,000 articles take no rank."
        ),
        _("percent of the economy's articles"),
    )


def _world(f: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        _("Above the world: {above} of {of} countries, but the world is not at ten per cent").format(above=f["above"], of=f["of"]),
        _(
            "{first}, {second} and {third} lead: {value} % of the articles of {first} in {period} are among the 10 % "
            "most cited. The world's own figure is {world} %, because articles with a known country are cited more "
            "than those without."
        ).format(
            first=f["first"],
            second=f["second"],
            third=f["third"],
            value=number(f["value"], 1),
            period=f["period"],
            world=number(f["world"], 1),
        ),
        _(
            "Whole counting: a country that publishes mostly with others takes their citations too. Over works of one "
            "country alone, Panama falls to 3.1 %, Kenya to 5.9 %, Estonia to 18.3 %."
        ),
        _("percent of articles"),
    )


def _intensity(f: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        _("{first} spends {value} % of its GDP on research, if you ask the right table").format(
            first=f["first"], value=number(f["value"], 2)
        ),
        _(
            "{first} leads in {year}, before {second} with {second_value} %; the OECD average is {average} %. But two "
            "tables of the same year differ by {difference} points for {differs}."
        ).format(
            first=f["first"],
            year=f["year"],
            second=f["second"],
            second_value=number(f["second_value"], 2),
            average=number(f["average"], 2),
            difference=number(f["difference"], 2),
            differs=f["differs"],
        ),
        _("Vintages matter as well: China's figure for {year} was {before} % in 2021 and is {after} % after its GDP was revised.").format(
            year=f["revised_year"], before=number(f["before"], 2), after=number(f["after"], 2)
        ),
        _("percent of GDP"),
    )


def _together(f: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        _("The world writes together: {pairs_now} pairs of countries instead of {pairs_then}").format(
            pairs_now=number(f["pairs_now"]), pairs_then=number(f["pairs_then"])
        ),
        _(
            "The largest pair, China and the United States, grew from {then} joint works in {first_year} to {peak} in "
            "{peak_year}, and was at {now} in {last_year}."
        ).format(
            then=number(f["then"]),
            first_year=f["first_year"],
            peak=number(f["peak"]),
            peak_year=f["peak_year"],
            now=number(f["now"]),
            last_year=f["last_year"],
        ),
        _("Whole counting: a paper of five countries is in ten pairs. The newest years grow for some time after their end."),
        _("joint works"),
    )


def _index(f: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        _("From place {first} to place {last}: China in the innovation index").format(first=f["from"], last=f["to"]),
        _("China was {first} in the edition of {first_year} and {last} in that of {last_year}, with {falls} steps back on the way.").format(
            first=f["from"], first_year=f["first_year"], last=f["to"], last_year=f["last_year"], falls=f["falls"]
        ),
        _(
            "Economies, indicators and weights change from edition to edition, so a step of one or two places may be "
            "method. Only single published facts ship; the tables of other countries are the publisher's."
        ),
        _("rank"),
    )


def _city(name: str) -> str:
    return names(current().language).get(name, name)


def _prizes(f: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        _("{whole} laureates or {part} prizes: {first} leads either way").format(
            whole=f["whole"], part=number(f["part"], 1), first=_city(f["first"])
        ),
        _(
            "Counted by parts of the {prizes} science prizes, or laureate by laureate, the order of cities differs: "
            "{moved} is {rank_part} by parts and {rank_whole} by heads."
        ).format(prizes=number(f["prizes"]), moved=_city(f["moved"]), rank_part=f["rank_part"], rank_whole=f["rank_whole"]),
        _(
            "The place is that of the affiliation when the prize was given, not where the work was done. {without} prizes name no city."
        ).format(without=number(f["without"], 1)),
        _("prizes"),
    )


def _universities(f: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        _("{first} spends {ratio} times as much on research as the second").format(first=f["first"], ratio=number(f["ratio"], 1)),
        _(
            "{first} had {value} billion dollars of research expenditure in {year}. Thirty of {of} universities of the"
            " United States do {thirty} of the {total} billion."
        ).format(
            first=f["first"],
            value=number(f["value"], 1),
            year=f["year"],
            of=f["of"],
            thirty=percent(f["thirty"], 0),
            total=number(f["total"], 1),
        ),
        _("The first place contains a large laboratory that works for the government. Expenditure is not output."),
        _("billion US dollars"),
    )


def _models(f: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        _("Notable AI models of {year}: {us} American, {china} Chinese").format(year=f["year"], us=f["us"], china=f["china"]),
        _(
            "Of {models} models, {us} have an organisation in the United States and {china} one in China; divided "
            "among all organisations these are {us_part} and {china_part}."
        ).format(
            models=number(f["models"]), us=f["us"], china=f["china"], us_part=number(f["us_part"], 1), china_part=number(f["china_part"], 1)
        ),
        _(
            "The list grows for past years too: a report of 2025 counted 40, 15 and 3 for the United States, China and"
            " France from an earlier state of the same list."
        ),
        _("models"),
    )


def _developers(f: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        _("{second} has {second_value} million developers, {first} {first_value} million").format(
            second=f["second"], second_value=number(f["second_value"], 1), first=f["first"], first_value=number(f["first_value"], 1)
        ),
        _(
            "Accounts on GitHub by {year}: since {start} those of {second} have grown {second_times} times, those of "
            "{first} {first_times} times."
        ).format(
            year=f["year"],
            start=f["start"],
            second=f["second"],
            second_times=number(f["second_times"], 1),
            first=f["first"],
            first_times=number(f["first_times"], 1),
        ),
        _(
            "One platform. The place is that of the internet address, so users of foreign networks stand elsewhere: "
            "China is low, Hong Kong high."
        ),
        _("million accounts"),
    )


def _fields(f: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        _("The same works, other fields: {most} {change} %").format(most=f["most"], change=number(f["most_change"])),
        _(
            "On one day in October 2026 OpenAlex gave its works new topics. Over {countries} countries {most} grew by "
            "{most_change} %, {least} changed by {least_change} %; the engineering works of Iran went from "
            "{iran_before} to {iran_after}."
        ).format(
            countries=f["countries"],
            most=f["most"],
            most_change=number(f["most_change"]),
            least=f["least"],
            least_change=number(f["least_change"]),
            iran_before=number(f["iran_before"]),
            iran_after=number(f["iran_after"]),
        ),
        _("No work was written or lost. Rankings by field made before and after that day must not be joined."),
        _("change in percent"),
    )


def _count(f: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        _("How sure is an institution's count? Only {within} of them kept theirs within ten per cent").format(
            within=percent(f["within"], 0)
        ),
        _(
            "When OpenAlex matched addresses anew in September 2026, the median institution lost {median} % of its "
            "works, and {halved} of them lost half or more; nine in ten moved between {low} % and {high} %."
        ).format(median=number(-f["median"], 1), halved=percent(f["halved"], 0), low=number(f["low"]), high=number(f["high"])),
        _(
            "Institutions with 1,000 works or more, in a trial run of the day before. A count of an institution needs "
            "the date of its data beside it."
        ),
        _("change in percent"),
    )


_WORDS: dict[str, Callable[[dict[str, Any]], tuple[str, str, str, str]]] = {
    "passed-in-papers": _passed,
    "most-cited": _cited,
    "above-the-world": _world,
    "research-intensity": _intensity,
    "written-together": _together,
    "innovation-index": _index,
    "prizes-by-city": _prizes,
    "university-research": _universities,
    "ai-models": _models,
    "developers": _developers,
    "fields-renamed": _fields,
    "how-sure-a-count": _count,
}


def _told_of(name: str, obs: Any) -> Story:
    return tell(name)


def told_all(site: Site) -> list[Told]:
    """All stories in the order of the front page."""
    return [told(site.remember(("story", name), partial(_told_of, name))) for name in STORIES]


@page("/stories", published=of_the_real_world)
def stories(site: SiteDep) -> Page:
    """The twelve stories in a sentence each."""
    found = told_all(site)
    table = pa.Table.from_pylist([{"id": t.id, "title": t.title, "says": t.says, "caveat": t.caveat} for t in found])
    return Page("stories.html", _("Twelve stories"), table, context={"stories": found, "from_tables": True})


@page("/stories/{story}", published=of_the_real_world, drawn=True)
def one_story(site: SiteDep, story: StoryPath) -> Page:
    """One story: the sentence, the chart, the caveat, the tables it was made from."""
    found: Story = site.remember(("story", story), lambda obs: tell(story))
    words = told(found)
    known = world.catalogue()
    sources = []
    for name in found.tables:
        if name in known.series:
            s = known.series[name]
            sources.append(("/series/" + name, series_name(s), source_line(s), _(s.origin.licence)))
        elif name in known.tables:
            d = known.tables[name].origin
            sources.append(("/series", _(known.tables[name].title), f"{_(d.publisher)}, {d.vintage}", _(d.licence)))
        else:
            sources.append(("/claims", _("Global Innovation Index"), "WIPO", _("single published facts")))
    names = list(STORIES)
    here = names.index(story)
    return Page(
        "story.html",
        words.title,
        pa.Table.from_pylist(found.rows),
        {
            "story": story,
            "facts": found.facts,
            "tables": list(found.tables),
            "source": "; ".join(dict.fromkeys(s for _p, _l, s, _o in sources)),
            "licence": "; ".join(dict.fromkeys(o for _p, _l, _s, o in sources)),
        },
        chart=chart_of(found, words),
        context={
            "told": words,
            "picture": chart_of(found, words),
            "sources": sources,
            "after": told(tell(names[(here + 1) % len(names)])),
            "needs_charts": True,
            "from_tables": True,
            "rows": found.rows if found.kind != "lines" else [],
            "whole": found.kind != "lines" and "whole" in found.rows[0],
            "decimals": {",.0f": 0, ".2f": 2, ".1f": 1, "+.0f": 0}[found.number],
            "measure": words.measure,
        },
    )


def chart_of(found: Story, words: Told) -> Any:
    """The chart of a story, with names in the reader's language."""
    from armillary.charts.lines import values_over_time
    from armillary.charts.ranking import ranked_bars

    units = world.units()
    rows = [{**r, "name": unit_name(r["unit_id"]) if r["unit_id"] in units else r["name"]} for r in found.rows]
    if found.kind == "lines":
        return values_over_time(rows, title=words.title, value_title=words.measure, number=found.number, width=760, height=340)
    if found.kind == "plain":
        rows = [{**r, "rank": None} for r in rows]
    return ranked_bars(rows, title=words.title, value_title=words.measure, top=26, number=found.number, width=700)
