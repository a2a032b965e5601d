"""Retraction Watch lists notices: only some retract a work, and some take a retraction back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.errors import InputError
from armillary.sources.retractions import read_retraction_list

HEAD = "Record ID,Title,RetractionDate,RetractionDOI,OriginalPaperDOI,RetractionNature,Reason\n"


def listed(folder: Path, rows: list[str], head: str = HEAD) -> Path:
    path = folder / "retraction_watch.csv"
    path.write_text(head + "".join(r + "\n" for r in rows), encoding="utf-8")
    return path


def test_by_nature_of_the_notice(tmp_path: Path) -> None:
    rows = [
        "1,A,3/25/2020 0:00,10.1000/n1,10.1000/A1,Retraction,x",
        "2,B,1/2/2021 0:00,10.1000/n2,https://doi.org/10.1000/b1,Expression of concern,x",
        "3,C,1/2/2021 0:00,10.1000/n3,10.1000/c1,Correction,x",
        "4,D,1/2/2019 0:00,10.1000/n4,10.1000/d1,Retraction,x",
        "5,D,1/2/2021 0:00,10.1000/n5,10.1000/d1,Reinstatement,x",
        "6,E,5/6/2018 0:00,10.1000/n6,10.1000/e1,Reinstatement,x",
        "7,E,4/7/2019 0:00,10.1000/n7,10.1000/e1,Retraction,x",
        "8,F,4/7/2019 0:00,10.1000/n8,unavailable,Retraction,x",
        "9,G,4/7/2019 0:00,10.1000/n9,10.1000/g1,Something new,x",
        "10,H,4/7/2019 0:00,10.1000/n9,10.1000/h1,Expression of concern,x",
        "11,H,4/7/2020 0:00,10.1000/n9,10.1000/h1;10.1000/h2,Retraction,x",
    ]
    found = read_retraction_list(listed(tmp_path, rows))
    assert found.dois == {"10.1000/a1", "10.1000/e1", "10.1000/h1", "10.1000/h2"}
    assert found.notices["expression of concern"] == 2
    assert any("5 of 11 notices are retractions" in n for n in found.notes) and any("'Something new'" in n for n in found.notes)


def test_plain_lists(tmp_path: Path) -> None:
    found = read_retraction_list(listed(tmp_path, ["W12;", ";doi:10.1000/B1"], "work_id;doi\n"))
    assert (found.works, found.dois, found.notes) == ({12}, {"10.1000/b1"}, [])
    with pytest.raises(InputError, match="no column"):
        read_retraction_list(listed(tmp_path, ["1,2"], "a,b\n"))


KINDS = st.sampled_from(["Retraction", "Reinstatement", "Expression of concern", "Correction"])


@given(events=st.lists(st.tuples(st.integers(2000, 2020), KINDS), min_size=1, max_size=6, unique_by=lambda e: e[0]))
def test_the_latest_retraction_or_reinstatement_decides(tmp_path_factory: pytest.TempPathFactory, events: list[tuple[int, str]]) -> None:
    rows = [f"1,A,1/13/{year} 0:00,10.1000/n,10.1000/a1,{kind},x" for year, kind in events]
    found = read_retraction_list(listed(tmp_path_factory.mktemp("r"), rows))
    decisive = [k for _, k in sorted(events) if k in ("Retraction", "Reinstatement")]
    assert bool(found.dois) is (decisive[-1:] == ["Retraction"])


@pytest.mark.parametrize("column", ["update_type", "Update Nature", "notice_type", "Type", "RetractionNature"])
def test_whatever_the_column_of_natures_is_called(tmp_path: Path, column: str) -> None:
    head = f"doi,{column},updated\n"
    rows = ["10.1000/a1,retraction,2020-01-02", "10.1000/b1,correction,2020", "10.1000/c1,addendum,2020", "10.1000/d1,Removal,2020-02-02"]
    found = read_retraction_list(listed(tmp_path, rows, head))
    assert found.dois == {"10.1000/a1", "10.1000/d1"}
    assert any("addendum" in n for n in found.notes)


def test_a_type_of_the_work_is_no_nature(tmp_path: Path) -> None:
    assert read_retraction_list(listed(tmp_path, ["10.1000/a1,article"], "doi,type\n")).dois == {"10.1000/a1"}


@pytest.mark.parametrize(
    ("text", "dois", "works"),
    [("10.1000/a1\nhttps://doi.org/10.1000/B1\n", {"10.1000/a1", "10.1000/b1"}, set()), ("W1\nW22\n", set(), {1, 22})],
)
def test_a_list_without_a_header(tmp_path: Path, text: str, dois: set[str], works: set[int]) -> None:
    (tmp_path / "list.txt").write_text(text, encoding="utf-8")
    found = read_retraction_list(tmp_path / "list.txt")
    assert (found.dois, found.works) == (dois, works)


def test_retractions_without_a_doi_are_told(tmp_path: Path) -> None:
    rows = ["1,A,3/25/2020 0:00,10.1000/n1,unavailable,Retraction,x", "2,B,3/25/2020 0:00,10.1000/n1,,Retraction,x"]
    found = read_retraction_list(listed(tmp_path, rows))
    assert not found.dois and any(n.startswith("2 retractions name no DOI") and "'A'" in n for n in found.notes)
