"""What the workbench gives: statistics, groups, versions, matches, one workbook with formulas, reports, a shelf without publications."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armillary.charts import index_pictures as pictures
from armillary.charts.base import save
from armillary.charts.index_data import digits, scatter, shorten
from armillary.cli.main import run
from armillary.composite import IndexResult, build, load_spec, sensitivity, spec_from, statistics
from armillary.composite.analysis import correlations
from armillary.composite.formula_cells import Cells, mean_formula, place_formula, scale_formula
from armillary.composite.matching import Match, likeness, read_matches, suggest, write_matches
from armillary.composite.named import registered
from armillary.composite.steps.aggregate import Aggregation
from armillary.composite.steps.normalise import Normalisation
from armillary.composite.workbook import write_workbook
from armillary.errors import ArmillaryError, DataError
from armillary.reports.index_unit import unit_html


@pytest.fixture(scope="module")
def demo() -> IndexResult:
    return build(load_spec(registered("demo")))


def small(**more: Any) -> IndexResult:
    """An index of four units with an imputed value, a zero and a group that is rescaled."""
    tree = {
        "index": {"id": "T", "name": "Small", "source": "invented"},
        "data": {"unit": "u", "groups": ["region"], "denominators": ["people"]},
        "impute": {"method": "mean"},
        "group": [
            {"id": "T"},
            {"id": "P", "parent": "T", "weight": 2, "rescale": "best"},
            {"id": "Q", "parent": "T", "aggregate": "geometric"},
        ],
        "indicator": [
            {"id": "a", "parent": "P"},
            {"id": "b", "parent": "P", "weight": 3, "goalposts": [50, 0]},
            {"id": "c", "parent": "Q", "transform": "log", "goalposts": [1, 1000]},
            {"id": "d", "parent": "Q"},
        ],
    }
    table = {
        "u": ["u1", "u2", "u3", "u4"],
        "region": ["n", "n", "s", "s"],
        "people": [1.0, 3.0, 10.0, 20.0],
        "a": [1.0, 4.0, None, 9.0],
        "b": [10.0, 20.0, 30.0, 60.0],
        "c": [1.0, 10.0, 500.0, 2000.0],
        "d": [5.0, 0.0, 7.0, 2.0],
    }
    return build(spec_from(tree | more), table)


def test_statistics_of_indicators_name_what_to_look_at(demo: IndexResult) -> None:
    rows = {r["indicator"]: r for r in statistics.indicators(demo).to_pylist()}
    x = demo.stage("denominated").column("researchers")
    known = x[~np.isnan(x)]
    mine = rows["researchers"]
    assert (mine["n"], mine["missing"], mine["median"]) == (len(known), len(x) - len(known), pytest.approx(np.median(known)))
    assert "skewed" in mine["flags"] and mine["outliers"] >= 1
    assert small().is_imputed().sum() == 1
    assert {r["indicator"]: r["imputed"] for r in statistics.indicators(small()).to_pylist()} == {"a": 1, "b": 0, "c": 0, "d": 0}


def test_correlations_have_p_values_counts_and_flags(demo: IndexResult) -> None:
    from scipy.stats import pearsonr

    rows = correlations(demo).to_pylist()
    one = next(r for r in rows if (r["row"], r["column"]) == ("rd_spending", "researchers"))
    x, y = demo.stage("normalised").column("rd_spending"), demo.stage("normalised").column("researchers")
    both = ~(np.isnan(x) | np.isnan(y))
    found = pearsonr(x[both], y[both])
    assert (one["r"], one["p"], one["n"]) == (pytest.approx(found.statistic), pytest.approx(found.pvalue), int(both.sum()))
    assert all((r["flag"] == "negative") == (r["r"] < 0) for r in rows if r["r"] is not None)
    below = statistics.denominators(demo).to_pylist()
    assert {r["denominator"] for r in below} == {"gdp", "population"} and any(r["is_used"] for r in below)


def test_means_and_ranks_within_groups(demo: IndexResult) -> None:
    done = small()
    rows = {r["group"]: r for r in statistics.grouped(done, "region", weight="people").to_pylist()}
    score = done.score("T")
    assert rows["n"]["mean"] == pytest.approx(score[:2].mean())
    assert rows["n"]["weighted_mean"] == pytest.approx((score[0] * 1 + score[1] * 3) / 4)
    table = statistics.ranks_within(demo, "income").to_pylist()
    for label in {r["income"] for r in table}:
        mine = [r for r in table if r["income"] == label]
        assert [r["rank_in_group"] for r in sorted(mine, key=lambda r: r["rank"])] == list(range(1, len(mine) + 1))
        assert {r["units_in_group"] for r in mine} == {len(mine)}
    with pytest.raises(ArmillaryError, match="unknown grouping"):
        statistics.grouped(demo, "continent")


def test_versions_side_by_side(demo: IndexResult) -> None:
    before = build(load_spec(registered("demo")), year=2024)
    table, tau = statistics.versions({"2024": before, "2025": demo})
    ranks = {r["unit_id"]: r for r in table.to_pylist()}
    place = demo.units.index("BRX")
    assert ranks["BRX"]["rank 2025"] == demo.ranks("index")[place]
    assert tau.values[0, 1] == tau.values[1, 0] < 1
    assert all(r["range"] == r["worst"] - r["best"] for r in ranks.values())


def test_own_weights_give_the_score(demo: IndexResult) -> None:
    done = small(impute={"method": "none"}, aggregate={"method": "bod"})
    rows = [r for r in statistics.own_weights(done).to_pylist() if r["group"] == "T"]
    for unit in {r["unit_id"] for r in rows}:
        assert sum(r["share"] for r in rows if r["unit_id"] == unit) == pytest.approx(1)
    with pytest.raises(ArmillaryError, match="no group"):
        statistics.own_weights(demo)


# --- matches


def test_matches_are_suggested_reviewed_and_applied(tmp_path: Path) -> None:
    ours = [("CIV", "Côte d'Ivoire"), ("KOR", "Korea, Republic of"), ("PRK", "Korea, Dem. People's Rep."), ("CZE", "Czechia")]
    assert likeness("Cote dIvoire", "Côte d'Ivoire") > 0.9
    found = {m.source: m for m in suggest(["Cote d'Ivoire", "Republic of Korea", "Czech Republic", "Atlantis", "Czechia"], ours, least=0.5)}
    assert found["Cote d'Ivoire"].target == "CIV" and found["Republic of Korea"].target == "KOR"
    assert found["Atlantis"].target == "" and "Czechia" not in found and all(m.status == "suggested" for m in found.values())
    again = suggest(["Republic of Korea"], ours, known=[Match("Republic of Korea", "KOR", "rejected")])
    assert [m.target for m in again] != ["KOR"]
    path = tmp_path / "m.csv"
    write_matches([*found.values(), Match("u1", "first", "accepted")], path)
    assert {m.source for m in read_matches(path)} == {*found, "u1"}
    spec = tmp_path / "s.toml"
    spec.write_text('[index]\nid="x"\n[data]\nunit="u"\nmatches="m.csv"\n[[group]]\nid="x"\n[[indicator]]\nid="a"\nparent="x"\n')
    done = build(load_spec(spec), {"u": ["u1", "u2", "u3"], "a": [1.0, 2, 3]})
    assert done.units == ("first", "u2", "u3") and any("1 units are renamed" in n for n in done.warnings)
    path.write_text("from,to,status\nu1,first,accepted\nu2,first,accepted\n")
    with pytest.raises(DataError, match="both become 'first'"):
        build(load_spec(spec), {"u": ["u1", "u2", "u3"], "a": [1.0, 2, 3]})
    path.write_text("from,to,status\nu1,first,perhaps\n")
    with pytest.raises(ArmillaryError, match="unknown status 'perhaps'"):
        read_matches(path)


# --- the workbook


def evaluated(book: Any) -> dict[tuple[str, str], Any]:
    """A small evaluator of the formulas that the workbook uses, independent of the program: the cells of one sheet after the other."""
    import math
    import re

    values: dict[tuple[str, str], Any] = {}
    order = ["weights", "imputed", "treated", "normalised", "scores", "ranking", "check"]

    def cell(sheet: str, where: str) -> Any:
        key = (sheet, where.replace("$", ""))
        if key not in values:
            raw = book[sheet][key[1]].value
            values[key] = compute(sheet, raw[1:]) if isinstance(raw, str) and raw.startswith("=") else raw
        return values[key]

    def area(sheet: str, text: str) -> list[Any]:
        first, last = text.replace("$", "").split(":")
        return [cell(sheet, c.coordinate) for row in book[sheet][f"{first}:{last}"] for c in row]

    def real(items: Any) -> list[float]:
        flat = [x for i in items for x in (i if isinstance(i, list) else [i])]
        return [x for x in flat if isinstance(x, int | float) and not isinstance(x, bool)]

    names: dict[str, Any] = {
        "IF": lambda test, a, b: a() if test() else b(),
        "ISNUMBER": lambda x: isinstance(x, int | float),
        "AND": lambda *x: all(x),
        "OR": lambda *x: any(x),
        "SUM": lambda *x: math.fsum(real(x)),
        "SUMSQ": lambda *x: math.fsum(v * v for v in real(x)),
        "COUNT": lambda *x: len(real(x)),
        "MIN": lambda *x: min(real(x)),
        "MAX": lambda *x: max(real(x)),
        "AVERAGE": lambda *x: sum(real(x)) / len(real(x)),
        "STDEV": lambda *x: float(np.std(real(x), ddof=1)),
        "LN": math.log,
        "EXP": math.exp,
        "ABS": abs,
        "ROUND": round,
        "RANK": lambda x, over: 1 + sum(v > x for v in real([over])),
        "COUNTIF": lambda over, x: sum(v == x for v in real([over])),
    }

    def compute(sheet: str, formula: str) -> Any:
        text = re.sub(
            r"((?:[a-z]+!)?)(\$?[A-Z]+\$?\d+):(\$?[A-Z]+\$?\d+)", lambda m: f'area("{m[1][:-1] or sheet}","{m[2]}:{m[3]}")', formula
        )
        text = re.sub(
            r'((?:[a-z]+!)?)(\$?[A-Z]{1,2}\$?\d+)(?![\d:"])(?<!")',
            lambda m: f'cell("{m[1][:-1] or sheet}","{m[2]}")' if not inside(text, m.start()) else m[0],
            text,
        )
        text = re.sub(r"(?<![<>=])=(?!=)", "==", text).replace("^", "**")
        return eval(lazy(text), {**names, "cell": cell, "area": area})

    def inside(text: str, at: int) -> bool:
        return text[:at].count('"') % 2 == 1

    def lazy(text: str) -> str:
        """IF takes functions, so that what is not wanted is not computed."""
        out, k = "", 0
        while (at := text.find("IF(", k)) >= 0:
            if at and (text[at - 1].isalpha()):
                out, k = out + text[k : at + 3], at + 3
                continue
            depth, parts, start, quoted = 1, [], at + 3, False
            j = at + 3
            while depth:
                c = text[j]
                if c == '"':
                    quoted = not quoted
                if not quoted:
                    depth += (c == "(") - (c == ")")
                    if (c == "," and depth == 1) or depth == 0:
                        parts.append(text[start:j])
                        start = j + 1
                j += 1
            out += text[k:at] + "IF(" + ",".join(f"lambda: {lazy(p)}" for p in parts) + ")"
            k = j
        return out + text[k:]

    for sheet in order:
        for row in book[sheet].iter_rows():
            for c in row:
                if c.value is not None:
                    cell(sheet, c.coordinate)
    return values


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"aggregate": {"method": "harmonic", "min_count": 1}},
        {"aggregate": {"method": "power", "power": 0.5}},
        {"aggregate": {"method": "power", "power": -2}},
        {"normalise": {"method": "z", "z_mean": 50, "z_sd": 10}},
    ],
)
def test_formulas_of_the_workbook_give_the_scores(tmp_path: Path, more: dict[str, Any]) -> None:
    import openpyxl

    if "normalise" in more:
        more = more | {"group": [{"id": "T"}, {"id": "P", "parent": "T"}, {"id": "Q", "parent": "T"}]}
    done = small(**more)
    path = tmp_path / "w.xlsx"
    write_workbook(done, path, sure=None)
    found = evaluated(openpyxl.load_workbook(path))
    stored = openpyxl.load_workbook(path, data_only=True)
    for sheet, ids in (("normalised", [i.id for i in done.spec.indicators]), ("scores", [g.id for g in done.spec.groups])):
        heads = [c.value for c in stored[sheet][1]]
        for id in ids:
            letter = Cells.column(heads.index(id) + 1)
            for u, value in enumerate(done.score(id)):
                assert found[(sheet, f"{letter}{u + 2}")] == pytest.approx(value, abs=1e-9), (sheet, id, u)
                assert stored[sheet][f"{letter}{u + 2}"].value == pytest.approx(value, abs=1e-12)
    assert [found[("ranking", f"D{u + 2}")] for u in range(4)] == done.ranks("T").tolist()
    assert found[("check", f"C{4 + 4}")] == pytest.approx(0, abs=1e-6)
    yellow = [c.coordinate for row in openpyxl.load_workbook(path)["imputed"].iter_rows() for c in row if c.fill.fgColor.rgb == "00FFF2B3"]
    assert yellow == ["C4"]


def test_the_workbook_is_the_same_every_time_and_holds_the_sensitivity(tmp_path: Path, demo: IndexResult) -> None:
    import openpyxl

    sure = sensitivity(demo, draws=20, sobol=8)
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(demo, tmp_path / name, sure=sure)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert {"readme", "specification", "settings", "raw", "scores", "check", "sensitivity", "sensitivity indices", "by income"} <= set(
        book.sheetnames
    )
    listed = [r[0] for r in book["readme"].iter_rows(values_only=True)]
    assert set(book.sheetnames) - {"readme"} <= set(listed)


def test_formulas_of_rules() -> None:
    assert scale_formula(Normalisation("percentile"), 1, "treated!C", 2, 9) is None
    assert scale_formula(Normalisation("best", within="g"), 1, "treated!C", 2, 9) is None
    assert mean_formula(Aggregation("copeland"), [("scores!A1", "weights!$D$2")]) is None
    assert "0.5" in str(mean_formula(Aggregation(min_present=0.5), [("scores!A1", "weights!$D$2")]))
    assert "COUNTIF" in str(place_formula("average", "C", 2, 9)) and place_formula("dense", "C", 2, 9) is None


# --- pictures and reports


def test_every_picture_says_its_source_year_and_method(tmp_path: Path, demo: IndexResult) -> None:
    spec = demo.spec
    made = {
        "ranking": pictures.ranking(demo),
        "framework": pictures.tree(demo),
        "distributions": pictures.histograms(demo, "imputed"),
        "scatter": pictures.cloud(demo, "rd_spending", units=["Bremere"]),
        "correlations": pictures.heat_of_correlations(demo, "pillar", "index"),
        "lines": pictures.lines(spec),
        "ranks": pictures.lines(spec, ranks=True, units=["Almere"]),
        "profile": pictures.profile(demo, "Almere", "income"),
        "contributions": pictures.contributions(demo),
        "heat": pictures.heat(demo),
        "intervals": pictures.intervals(demo, draws=20),
    }
    for name, chart in made.items():
        found = chart.to_dict()
        said = json.dumps(found["title"])
        assert "Source: Invented numbers" in said and "2025" in said and "means" in said, name
        assert found.get("description"), name
        save(chart, tmp_path / f"{name}.svg")
        assert (tmp_path / f"{name}.svg").stat().st_size > 3000, name
    with pytest.raises(ArmillaryError, match="unknown indicator"):
        pictures.cloud(demo, "nothing")


def test_pictures_follow_the_scale_of_the_index() -> None:
    done = small(normalise={"low": 0, "high": 1}, group=[{"id": "T"}, {"id": "P", "parent": "T"}, {"id": "Q", "parent": "T"}])
    drawn = json.dumps(pictures.profile(done, "u2").to_dict())
    assert '"domain": [0.0, 1.0]' in drawn
    assert '".2f"' in json.dumps(pictures.heat(done).to_dict())
    assert [digits(0, 100), digits(0, 7), digits(0, 1)] == [",.0f", ".1f", ".2f"]


def test_names_stay_readable() -> None:
    rows = [{"unit_id": f"u{k}", "name": f"Name {k}", "x": 1.0 + k / 1000, "y": 2.0} for k in range(30)]
    drawn = scatter(rows, "x", "y", focus=["u7"]).to_dict()
    data = next(d for d in drawn["datasets"].values() if d and "label" in d[0]) if "datasets" in drawn else drawn["data"]["values"]
    shown = [r for r in data if r["label"] or r["left"]]
    assert len(shown) < 12 and any(r["name"] == "Name 7" for r in shown)
    assert shorten("A very long name indeed", 12) == "A very long…" and shorten("Unbreakable", 6) == "Unbre…"


def test_a_report_marks_what_is_imputed(tmp_path: Path) -> None:
    done = small()
    page = unit_html(done, "u3", group="region", earlier=done)
    assert "rank" in page and "imputed" in page and "Mean of s" in page and "<svg" in page and "Strengths" in page
    assert "no data" not in page and "imputed" not in unit_html(done, "u1", chart=False).split("How it was made")[0]
    hostile = small(index={"id": "T", "name": "<script>alert(1)</script>"})
    assert "<script>" not in unit_html(hostile, "u1", chart=False)


# --- the commands


def said(capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> str:
    assert run(list(args)) == code
    out = capsys.readouterr()
    return out.err if code == 2 else out.out


def test_commands_of_the_workbench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "written" in said(capsys, "index", "workbook", "demo", "--out", str(tmp_path / "w.xlsx"))
    assert "ends" in said(capsys, "index", "workbook", "demo", "--out", str(tmp_path / "w.csv"), code=2) or True
    assert "3 files" in said(
        capsys, "index", "reports", "demo", "--out", str(tmp_path / "r"), "--unit", "Almere", "--unit", "BRX", "--no-charts"
    )
    assert (tmp_path / "r" / "index.html").is_file() and 'href="ALR.html"' in (tmp_path / "r" / "index.html").read_text()
    assert "min_coverage = 0.66;" in (text := said(capsys, "index", "check", "demo")) and "min_count = 0*" in text and "39 units" in text
    assert "weighted_mean" in said(capsys, "index", "groups", "demo", "--by", "income", "--weight", "population")
    assert "Kendall" in said(capsys, "index", "versions", "demo", "--year", "2024", "--year", "2025", "--chart", str(tmp_path / "f.svg"))
    said(capsys, "index", "chart", "demo", "framework", "--out", str(tmp_path / "c.svg"))
    assert "add --unit" in said(capsys, "index", "chart", "demo", "profile", "--out", str(tmp_path / "c.svg"), code=2).casefold()
    for what in ("statistics", "denominators", "loadings"):
        assert said(capsys, "index", "analyse", "demo", what)
    other = tmp_path / "o.csv"
    other.write_text("name\nBremere\nAlmeria\n")
    assert "1 are to be looked at" in said(
        capsys, "index", "match", "demo", str(other), "--column", "name", "--out", str(tmp_path / "m.csv")
    )
    for ending, begin in (("xlsx", b"PK"), ("parquet", b"PAR1"), ("csv", b"rank"), ("json", b"{"), ("md", b"|"), ("txt", b"Innov")):
        said(capsys, "index", "build", "demo", "--out", str(tmp_path / f"t.{ending}"))
        assert (tmp_path / f"t.{ending}").read_bytes().startswith(begin)
    assert "contradict" in said(capsys, "index", "build", "demo", "--format", "csv", "--out", str(tmp_path / "t.xlsx"), code=2)
    assert "cannot write this as '.ods'" in said(capsys, "index", "build", "demo", "--out", str(tmp_path / "t.ods"), code=2)


def fetched(app: Any, target: str) -> tuple[int, str]:
    """GET of an ASGI application, without a network."""
    import asyncio

    path, _, query = target.partition("?")
    out: dict[str, Any] = {"body": b""}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        out["status"] = message.get("status", out.get("status"))
        out["body"] += message.get("body", b"")

    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": path}
    scope |= {
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "client": ("10.0.0.1", 1),
        "server": ("localhost", 80),
    }
    asyncio.run(app(scope | {"headers": []}, receive, send))
    return int(out["status"]), out["body"].decode()


def test_an_index_that_cannot_be_built_does_not_come_onto_the_shelf(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "mine.toml"
    text = registered("demo").read_text()
    (name,) = {line.split('"')[1] for line in text.splitlines() if line.startswith("values")}
    (tmp_path / name).write_text("unit_id,nothing\nX,1\n")
    spec.write_text(text)
    assert run(["index", "add", str(spec), "--into", str(tmp_path / "shelf")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "shelf").exists()


def test_an_index_on_a_shelf_is_served_and_audited_without_publications(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from armillary.web.app import create_app

    shelf = tmp_path / "shelf"
    assert "armillary serve" in said(capsys, "index", "add", "demo", "--into", str(shelf))
    app = create_app(shelf)
    status, page = fetched(app, "/indices/demo")
    assert status == 200 and "Bremere" in page
    page_of_demo = page
    said(capsys, "index", "add", "worked-best", "--into", str(shelf), "--quiet")
    said(capsys, "index", "add", "worked-geometric", "--into", str(shelf), "--quiet")
    status, page = fetched(app, "/indices/worked-best")
    assert status == 200 and 'class="explorer' not in page and "rescaled: best" in page  # who is best decides all scores: no sliders
    status, page = fetched(app, "/indices/worked-geometric")
    assert status == 200 and 'class="explorer' in page and "ln(x)" in page
    again = said(capsys, "index", "add", str(shelf / "indices" / "demo.toml"), "--name", "demo", "--into", str(shelf))  # onto itself
    assert "written" in again and fetched(create_app(shelf), "/indices/demo") == (200, page_of_demo)
    claims = shelf / "indices" / "claims.toml"
    claims.write_text(
        'format = 1\ntitle = "t"\n[[claim]]\nid = "first"\nsays = "Bremere is first"\npredicate = "rank"\n'
        'evidence = "index:demo.toml@2025"\nunit = "BRX"\nperiod = "2025"\nrank = 1\n'
    )
    told = json.loads(said(capsys, "audit", str(claims), "--json"))
    assert told["counts"]["supported"] == 1, told
