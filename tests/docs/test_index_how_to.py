"""The how-to pages: Python blocks run, specifications in them are valid, commands exist, and the output of ``demo`` is what is printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.composite.lines import read_toml
from armillary.composite.load import spec_from
from armillary.sources.series.tidy import Mapping

DOCS = Path(__file__).resolve().parents[2] / "docs" / "how-to"
PAGES = ("index.md", "series.md")
PRINTED = ("index.md", "index-worked.md")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), flags=re.S | re.M)


@pytest.mark.parametrize("page", PAGES)
def test_python_blocks_run(page: str) -> None:
    found = blocks(page, "python")
    assert found
    for code in found:
        exec(compile(code, page, "exec"), {})


def test_the_specification_and_the_mapping_are_valid(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(blocks("index.md", "toml")[0])
    values, lines = read_toml(path)
    assert spec_from(values, file=path, lines=lines).levels == ("index", "sub-index", "pillar")
    path.write_text(blocks("series.md", "toml")[0])
    assert Mapping(path).constants["indicator"] == "stem_doctorates"


def commands(page: str) -> list[tuple[str, str]]:
    out = []
    for block in blocks(page, "console"):
        for part in block.split("$ ")[1:]:
            command, _, printed = part.partition("\n")
            out.append((command, printed.rstrip("\n")))
    return out


REAL = [c for p in PRINTED for c in commands(p) if " demo" in c[0] or " worked-" in c[0]]


@pytest.mark.parametrize(("command", "printed"), REAL, ids=lambda c: c.split("\n")[0][:50])
def test_printed_output_is_real(command: str, printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(shlex.split(command)[1:]) == 0
    assert capsys.readouterr().out.rstrip("\n") == printed


def test_every_command_of_the_table_works(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [line for line in (DOCS / "index.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    table = [c for line in rows for c in re.findall(r"`(armillary index [^`]+ demo[^`]*)`", line)]
    assert len(table) >= 15
    for command in table:
        assert run([*shlex.split(command.replace("--draws 2000", "--draws 20"))[1:]]) == 0, command
    capsys.readouterr()


def test_the_worked_indices_come_out_as_their_formulas_say() -> None:
    """The geometric index with income in logarithms, computed here from its formula, to three decimals; the best at 100; regional means."""
    import csv
    import math

    from armillary.composite import build, load_spec
    from armillary.composite.named import folder, registered

    def table(name: str) -> list[dict[str, str]]:
        return list(csv.DictReader((folder() / f"{name}.csv").read_text().splitlines()))

    result = build(load_spec(registered("worked-geometric")))
    for row in table("worked-geometric"):
        life = min(1, (float(row["life"]) - 20) / 65)
        schooling = (min(1, float(row["expected"]) / 18) + min(1, float(row["mean"]) / 15)) / 2
        income = min(1, (math.log(float(row["income_head"])) - math.log(100)) / (math.log(75000) - math.log(100)))
        found = float(result.score("development")[result.units.index(row["code"])])
        assert round(found, 3) == round((life * schooling * income) ** (1 / 3), 3)
    best = build(load_spec(registered("worked-best")))
    weights = {"alumni": 0.1, "staff": 0.2, "cited": 0.2, "journals": 0.2, "papers": 0.2, "head": 0.1}
    rows = table("worked-best")
    total = {r["code"]: sum(w * float(r[k]) / max(float(x[k]) for x in rows) for k, w in weights.items()) for r in rows}
    assert best.score("total") == pytest.approx([100 * total[u] / max(total.values()) for u in best.units])
    goals = build(load_spec(registered("worked-goals")))
    poor = dict(zip(goals.units, goals.score("poor"), strict=True))
    assert poor["EST"] == pytest.approx((poor["COR"] + poor["DUN"]) / 2) and "HAL" not in goals.units
