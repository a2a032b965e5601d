"""The brief agrees with the rankings it tells of, says what is not clear, and writes valid HTML, Markdown and PDF."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

import armillary as arm
from armillary.audit.audit import audit
from armillary.audit.language import builtin, read
from armillary.cli.main import run
from armillary.core.store import Store
from armillary.counting.credits import unit_credits
from armillary.errors import DataError, UsageError
from armillary.observatory import Observatory
from armillary.reports import brief_words as words
from armillary.reports.brief import brief_html, brief_markdown
from armillary.studies.brief import Brief, HeadlineUnit, Mover, build_brief
from armillary.synthetic import World
from armillary.synthetic.write_core import to_core

# weasyprint's PDF writer and font code use what Python is about to drop
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:weasyprint", "ignore::DeprecationWarning:fontTools", "ignore::DeprecationWarning:pydyf"
)


@pytest.fixture(scope="module")
def obs(tmp_path_factory: pytest.TempPathFactory) -> Observatory:
    path = tmp_path_factory.mktemp("brief") / "o"
    to_core(Store.create(path), World(2_500, seed=5))
    return arm.open(path, threads=1)


@pytest.fixture(scope="module")
def brief(obs: Observatory) -> Brief:
    path = builtin("articles")
    assert path is not None
    return build_brief(obs.corpus, "2020-2022", top=8, audit=audit(read(path)), draws=60)


def test_tables_are_the_rankings(obs: Observatory, brief: Brief) -> None:
    assert brief.earlier == "2017-2019"
    for section in brief.sections:
        rows = obs.rank("share", unit=section.kind, period="2020-2022").ranked.to_pylist()
        before = {r["unit_id"]: r["rank"] for r in obs.rank("share", unit=section.kind, period="2017-2019").ranked.to_pylist()}
        for mine, row in zip(section.rows, rows, strict=False):
            assert (mine.rank, mine.unit_id, mine.value) == (row["rank"], row["unit_id"], row["value"])
            assert mine.previous_rank == before.get(mine.unit_id)
            assert mine.low is not None and mine.high is not None and mine.low <= mine.value <= mine.high


def test_the_fields_of_a_mover_add_up(obs: Observatory, brief: Brief) -> None:
    """All fields of a unit together make its change (the brief shows the two largest)."""
    from armillary.studies import brief as module

    section = brief.sections[0]
    recipe = section.ranking.recipe
    mover = section.movers[0]
    now = module._by_field(obs.corpus, recipe, [mover.unit_id])
    row = next(r for r in obs.run(recipe).ranked.to_pylist() if r["unit_id"] == mover.unit_id)
    assert sum(now.values()) == pytest.approx(row["value"], rel=1e-6)
    largest = sorted(now, key=lambda k: -now[k])
    assert largest and all(u == mover.unit_id for u, _ in now)


def test_notable_works_are_far_above_their_field(obs: Observatory, brief: Brief) -> None:
    assert brief.works
    ratios = [w.ratio for w in brief.works]
    assert ratios == sorted(ratios, reverse=True) and min(ratios) > 1
    cited = obs.corpus.table("citation")
    for work in brief.works[:2]:
        assert work.citations == obs.corpus.scalar(cited.filter(cited.cited_id == int(work.work_id[1:])).count())
        assert 2020 <= work.year <= 2022


def test_cooperation_counts_joint_papers(obs: Observatory, brief: Brief) -> None:
    top = brief.cooperation[0]
    assert top["papers"] >= brief.cooperation[-1]["papers"] > 0
    names = {r["name"]: r["unit_id"] for r in obs.rank("count", period="2020-2022").ranked.to_pylist()}
    a, b = (names[n] for n in top["name"].split(" – "))
    recipe = obs.recipe("count", period="2020-2022")
    credits = unit_credits(obs.corpus, recipe)
    both = credits.filter(credits.unit_id == a).select("work_id").intersect(credits.filter(credits.unit_id == b).select("work_id"))
    assert obs.corpus.scalar(both.count()) == top["papers"]


def test_what_is_not_clear_is_said() -> None:
    sure = HeadlineUnit(1, "A", "A", 100.0, 90.0, 110.0, 2, 0.5)
    unsure = HeadlineUnit(1, "A", "A", 100.0, 90.0, 110.0, 2, 0.05)
    assert sure.is_clear and not unsure.is_clear
    assert words.place(sure) == "▲ 1" and words.change(sure) == "+50 %"
    assert "may be chance" in words.moved(Mover("A", "A", 0.05, 5.0, False, ()))
    assert "may be chance" not in words.moved(Mover("A", "A", 0.5, 50.0, True, (("Chemistry", 30.0),)))
    assert words.change(HeadlineUnit(1, "A", "A", 1.0, None, None, None, None)) == "new"


class Checker(HTMLParser):
    void = frozenset({"meta", "br", "img", "path", "line", "rect", "use"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.void:
            return
        assert self.open and self.open[-1] == tag, (tag, self.open[-5:])
        self.open.pop()


def test_pages_are_whole(brief: Brief) -> None:
    html = brief_html(brief)
    checker = Checker()
    checker.feed(html)
    assert checker.open == []
    assert "script" not in checker.seen
    assert "src=" not in html and "url(http" not in html
    text = brief_markdown(brief)
    for heading in ("## Countries", "## Works that stand out", "## Who works together", "## Claims checked", "## How to read this"):
        assert heading in text
    assert words.lead(brief) in text
    assert brief_html(brief) == html


def test_a_synthetic_world_says_so(brief: Brief) -> None:
    from dataclasses import replace

    marked = replace(brief, data={**brief.data, "synthetic": True})
    assert "invented world" in brief_html(marked, charts=False)
    assert "> This brief is computed from an invented world" in brief_markdown(marked)


def test_a_small_sample_says_so(brief: Brief) -> None:
    from dataclasses import replace

    plain = replace(brief, data={**brief.data, "synthetic": False, "sample": True})
    assert "2,500 works" in words.warning(plain)
    assert words.warning(plain) in brief_html(plain, charts=False)
    assert words.warning(replace(plain, data={**plain.data, "sample": False})) == ""


def test_the_command_writes_three_files(obs: Observatory, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "b"
    assert run(["brief", "--period", "2021", "--into", str(obs.path), "--out", str(out), "--claims", "none", "--top", "5", "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["sections"]["country"] == 5
    assert (out / "brief.pdf").read_bytes().startswith(b"%PDF")
    assert (out / "brief.html").is_file() and (out / "brief.md").is_file()


def test_what_cannot_be_told_is_refused(obs: Observatory, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="closed period"):
        build_brief(obs.corpus, "2020-")
    with pytest.raises(DataError, match="no record falls into 1950"):
        build_brief(obs.corpus, 1950)
    assert run(["brief", "--period", "2021", "--into", str(obs.path), "--out", str(tmp_path), "--formats", "docx"]) == 2
