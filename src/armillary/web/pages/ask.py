"""A sentence, asked: what it says, what the evidence says, by which definition, since when; the answer has a permanent address."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query

from armillary.web import askwords, words
from armillary.web.current import current
from armillary.web.i18n import gettext as _
from armillary.web.page import Page
from armillary.web.routes import SiteDep, page

LOOK = {"supported": "yes", "supported-elsewhere": "mixed", "contradicted": "no", "inconsistent": "no", "not-decidable": "open"}
VERDICTS = {
    "supported": words.N_("supported"),
    "supported-elsewhere": words.N_("supported for another year, edition or definition"),
    "contradicted": words.N_("contradicted"),
    "inconsistent": words.N_("inconsistent"),
    "not-decidable": words.N_("not decidable"),
}
STATES = {
    "holds": words.N_("holds"),
    "fails": words.N_("does not hold"),
    "near": words.N_("too near to tell"),
    "unknown": words.N_("not known"),
    "older": words.N_("older, not weighed"),
}
FORMS = {
    "rank": words.N_("a rank"),
    "value": words.N_("a value"),
    "share": words.N_("a share"),
    "change": words.N_("a change"),
    "compare": words.N_("a comparison"),
    "overtake": words.N_("an overtaking"),
    "run": words.N_("a run of years"),
    "count": words.N_("a count"),
    "path": words.N_("ranks in two years"),
    "sum": words.N_("arithmetic"),
}
EXAMPLES = (
    "India is the third largest producer of scientific papers",
    "Südkorea gibt mehr als 4 Prozent des BIP für Forschung und Entwicklung aus",
    "España gastó el 1,49 % del PIB en I+D en 2023",
    "La Chine a dépassé les États-Unis en nombre d'articles scientifiques en 2017",
    "2024年中国研发经费投入超过3.6万亿元",
)


def spoken() -> dict[str, Any]:
    """How a page says the texts of an answer: ``tell`` a text, ``tell_source`` a source, ``tell_all`` the whole on one line."""
    if current().language == "zh":
        return {"tell": askwords.told, "tell_source": askwords.label, "tell_all": askwords.summary}
    return {"tell": str, "tell_source": str, "tell_all": lambda answer: answer.summary}


DATE = r"^((19|20)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?)?$"
Sentence = Annotated[str, Query(max_length=2000, description="The sentence")]
Date = Annotated[str, Query(max_length=10, pattern=DATE, description="Date of the article: 2025-09-01, 2025-09 or 2025")]
About = Annotated[str, Query(max_length=300, description="Title of the article")]


@page("/ask")
def asked(site: SiteDep, q: Sentence = "", date: Date = "", about: About = "") -> Page:
    """The box, and the answer to what was asked."""
    import pyarrow as pa

    from armillary.audit.ask import ask
    from armillary.charts.asked import sentence_chart

    context: dict[str, Any] = {"look": LOOK, "names": VERDICTS, "states": STATES, "forms": FORMS, "from_tables": True, **spoken()}
    context["examples"] = [(e, urlencode({"q": e})) for e in EXAMPLES]
    context |= {"q": q, "date": date, "about": about}
    if not q.strip():
        return Page("ask.html", _("Check a sentence"), pa.table({}), context=context | {"body": None, "line": None, "measure": {}})
    answer = ask(q, date=date, about=about)
    body = answer.as_dict()
    chart = sentence_chart(answer)
    rows = [{"part": p["text"], **{k: _flat(v) for k, v in r.items()}} for p in body["parts"] for r in p["readings"]]
    shown = {j.measure.name: j.measure.name_zh for j in answer.judged if j.measure is not None}
    table = pa.Table.from_pylist(rows) if rows else pa.table({})
    return Page(
        "ask.html",
        answer.sentence[:100],
        table,
        body,
        context=context | {"body": body, "line": chart, "measure": shown, "needs_charts": chart is not None},
        chart=chart,
    )


def _flat(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) else str(value)


ARTICLE = 5000
"""Characters of a text that an address can carry."""
Article = Annotated[str, Query(max_length=ARTICLE, description="A text of up to 5,000 characters")]


@page("/ask/article")
def article(site: SiteDep, text: Article = "", date: Date = "", about: About = "") -> Page:
    """A text with its claims marked in place, each with its verdict."""
    import pyarrow as pa

    from armillary.audit.marked import mark

    context: dict[str, Any] = {"look": LOOK, "names": VERDICTS, "from_tables": True, "text": text, "date": date, "about": about, **spoken()}
    context |= {"longest": ARTICLE, "urlencode": urlencode}
    found = mark(text, date=date, title=about) if text.strip() else None
    rows = [] if found is None else [_claim(p.number, p.text, p.answer) for p in found.claims if p.answer is not None]
    table = pa.Table.from_pylist(rows) if rows else pa.table({})
    counts = {} if found is None else found.counts
    title = about or _("Check an article")
    return Page("ask_article.html", title, table, {"date": date or None, "counts": counts}, context=context | {"found": found})


def _claim(number: int, text: str, answer: Any) -> dict[str, Any]:
    return {"number": number, "text": " ".join(text.split()), "verdict": answer.verdict, "summary": answer.summary}
