"""Options that name a file: they work on the command line and in Python, and no request reaches a file with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.errors import InputError, UnknownNameError
from armillary.indicators.catalogue import all_indicators
from armillary.observatory import Observatory
from armillary.ranking.recipes import make_recipe
from support.tiny import observatory


@pytest.fixture(scope="module")
def obs(tmp_path_factory: pytest.TempPathFactory) -> Observatory:
    papers = [
        {"id": 1, "authors": [[[1]]], "references": []},
        {"id": 2, "authors": [[[2]]], "references": [1]},
        {"id": 3, "authors": [[[2]]], "references": [1]},
        {"id": 4, "authors": [], "references": []},
    ]
    return observatory(tmp_path_factory.mktemp("o") / "obs", papers, {1: "FR", 2: "DE"})


@pytest.mark.parametrize("by_type", [True, False])
def test_cells_of_a_file(obs: Observatory, tmp_path: Path, by_type: bool) -> None:
    """W1 with two citations stands beside W2 with none in one class; W3 is alone in the other."""
    path = tmp_path / "classes.csv"
    path.write_text("work_id,class\nW1,01\nW2,01\nW3,1\n")
    ranking = obs.rank("mncs", options={"field_level": str(path), "self_citations": "in", "by_type": by_type})
    found = {r["unit_id"]: r["value"] for r in ranking.arrow.to_pylist() if r["unit_id"]}
    assert found == {"FR": pytest.approx(2.0), "DE": pytest.approx(0.5)}


def test_what_is_wrong_with_the_file_is_told(obs: Observatory, tmp_path: Path) -> None:
    path = tmp_path / "classes.csv"
    for text, said in (
        ("work,class\n", "no column work_id"),
        ("work_id,class\nX,1\n", "is not a work id"),
        ("work_id,class\nW1,a\nW1,b\n", "two classes"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=said):
            obs.rank("mncs", options={"field_level": str(path)})


def test_no_request_names_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("work_id,class,sdg_id\nW1,a,1\n")
    asked = 0
    for info in all_indicators().values():
        for name, option in info.options.items():
            assert option.file == ("file" in option.meaning.lower()), f"{info.id}: {name}"
            for value in (str(path), "x.csv", "../x.parquet", "http://host/x.csv") if option.file else ():
                asked += 1
                with pytest.raises(UnknownNameError):
                    make_recipe(info.id, unit=info.units[0], options={name: value}, files=False)
    assert asked > 20
    for more in ({"scope": str(path)}, {"regions": str(path)}, {"rollup": "x.toml"}):
        with pytest.raises(UnknownNameError):
            make_recipe("share", files=False, **more)


def test_a_unit_that_divides_by_no_author(obs: Observatory) -> None:
    """A work without authors has no denominator, whatever order the engine computes in."""
    for counting in ("author-fractional", "complete", "first", "last", "corresponding", "harmonic", "mfc-2"):
        for unit in ("author", "country", "institution"):
            ranking = obs.rank("share", unit=unit, counting=counting, step=1)
            assert ranking.arrow.num_rows or counting == "corresponding", (counting, unit)
