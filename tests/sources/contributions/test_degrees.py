"""Degrees of contribution, and sentences that say who was first and name no role."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.store import Store
from armillary.sources.contributions import ingest, label, parse_statement

WHO = ["Ann Bee", "Cy Dee", "Eva Fox"]


def read(text: str) -> list[tuple[set[str], bool | None]]:
    return [(a.roles, label(a)) for a in parse_statement(text, WHO).authors]


@pytest.mark.parametrize("shape", ["({})", "[{}]", "( {} )"])
@pytest.mark.parametrize("between", ["; ", ", "])
def test_degrees_behind_roles_and_people(shape: str, between: str) -> None:
    lead, equal, some = (shape.format(w) for w in ("lead", "equal", "supporting"))
    roles = read(
        f"Ann Bee: Conceptualization {some}{between}Writing \u2013 review & editing {some}. "
        f"Cy Dee: Conceptualization {lead}{between}Supervision {lead}. Eva Fox: Investigation {equal}."
    )
    assert roles == [
        ({"conceptualization", "writing-review-editing"}, False),
        ({"conceptualization", "supervision"}, True),
        ({"investigation"}, False),
    ]
    people = read(
        f"Conceptualization: A.B. {lead}, C.D. {some}. Supervision: A.B. Writing \u2013 original draft: E.F. {equal}, C.D. {equal}."
    )
    assert people == [
        ({"conceptualization", "supervision"}, True),
        ({"conceptualization", "writing-original-draft"}, False),
        ({"writing-original-draft"}, False),
    ]


def test_degrees_behind_a_dash() -> None:
    got = read("A.B.: Conceptualization-Lead, Investigation-Equal, Writing \u2013 original draft-Lead. C.D.: Conceptualization-Supporting.")
    assert got == [({"conceptualization", "investigation", "writing-original-draft"}, True), ({"conceptualization"}, False), (set(), None)]


@pytest.mark.parametrize(
    "sentence",
    [
        "A.B. and C.D. contributed equally.",
        "A.B. and C.D. contributed equally to this work.",
        "A.B., C.D. have contributed equally to the present study and share first authorship.",
        "These authors contributed equally: A.B. and C.D.",
        "A.B. and C.D. are joint first authors.",
        "A.B. and C.D.: equal contribution.",
        "A.B. contributed equally with C.D.",
    ],
)
def test_who_was_first_is_no_role(sentence: str) -> None:
    got = read(f"{sentence} E.F. supervised the project and acquired funding.")
    assert got[:2] == [(set(), None), (set(), None)] and got[2][1] is True


def test_equally_with_a_role_is_the_role() -> None:
    assert read("A.B. and C.D. contributed equally to the writing of the manuscript.")[0][0] == {"writing-original-draft"}
    assert read("A.B. and C.D. contributed equally to this work and conceived the study.")[1][0] == {"conceptualization"}


ROLES = ["Conceptualization", "Supervision", "Funding acquisition", "Methodology", "Software", "Investigation", "Validation"]


@given(
    st.lists(
        st.tuples(st.sampled_from(ROLES), st.sampled_from(["", " (lead)", " (equal)", " (supporting)"])),
        min_size=1,
        max_size=5,
        unique_by=lambda r: r[0],
    )
)
def test_a_degree_changes_no_role(given_roles: list[tuple[str, str]]) -> None:
    plain = read("Ann Bee: " + "; ".join(r for r, _ in given_roles) + ".")
    graded = read("Ann Bee: " + "; ".join(r + d for r, d in given_roles) + ".")
    assert [r for r, _ in plain] == [r for r, _ in graded]
    lead = {"Conceptualization", "Supervision", "Funding acquisition"}
    assert graded[0][1] is (sum(r in lead and d != " (supporting)" for r, d in given_roles) >= 2)


def test_one_statement_in_many_spellings_and_files(tmp_path: Path) -> None:
    row = {"title": "T", "authors": ["Ann Bee"], "contribution": "A.B.: supervision."}
    rows = [row | {"doi": d} for d in ("10.1234/ABC1", "http://dx.doi.org/10.1234/abc1", "doi:10.1234/abc1", "soon")]
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=1), encoding="utf-16")
    (tmp_path / "b.txt").write_text("hello", encoding="utf-8")
    store = Store.create(tmp_path / "o")
    done = ingest(store, [tmp_path / "a.json", tmp_path / "b.txt"])
    assert done["statements"] == 2 and done["rejected"] == 2 and done["left_out"] == {"b.txt": "this is no JSON"}
    assert any("'soon'" in n for n in done["notes"])
    assert {(r["doi"], r["statement_id"][:6]) for r in store.read("contribution").to_pylist()} == {
        ("10.1234/abc1", "10.123"),
        (None, "title:"),
    }
    assert store.read("manifest").to_pylist()[0]["rejected_n"] == 2


@pytest.mark.parametrize(
    "said",
    [
        "measured lead concentrations",
        "provided the lead compounds",
        "grew lead halide perovskites",
        "made lead-free solders",
        "ran experiments leading to the discovery",
        "had ideas that led to this paper",
        "did not lead the project",
        "was not involved in the supervision of the study",
        "had no role in writing the paper",
        "performed the experiments without supervision",
    ],
)
def test_lead_as_a_metal_and_what_was_not_done_lead_nobody(said: str) -> None:
    roles, _ = read(f"A.B. {said}. C.D. collected data.")[0]
    assert not roles & {"supervision", "writing-original-draft"}


@pytest.mark.parametrize("said", ["led the study", "leads the laboratory", "was the lead of the project", "was leading the field work"])
def test_who_leads_supervises(said: str) -> None:
    assert "supervision" in read(f"A.B. {said}.")[0][0]
