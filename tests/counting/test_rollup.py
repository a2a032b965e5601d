"""Roll-up with weights: T1.4, T5.5, conservation (METHODS 12.1 no. 10), and the academy, its university and a university that it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from armillary.errors import SpecError
from armillary.observatory import Observatory
from support.random_world import random_world
from support.tiny import observatory

H, U, V, J = 1, 2, 3, 4


def file(path: Path, *entries: str) -> str:
    target = path / "rollup.toml"
    target.write_text("\n".join(f"[[entry]]\n{e}" for e in entries), encoding="utf-8")
    return str(target)


def share(obs: Observatory, rollup: str) -> dict[str, float]:
    rows = obs.rank("publications", unit="institution", counting="author-fractional", rollup=rollup).ranked.to_pylist()
    return {r["unit_id"]: r["value"] for r in rows}


def test_t5_5_an_associated_hospital_counts_only_beside_its_university(tmp_path: Path) -> None:
    rollup = file(tmp_path, 'child = "I1"\nparent = "I2"\nmode = "associated"')
    alone = observatory(tmp_path / "a", [{"id": 1, "authors": [[[H]]]}], {H: "NL", U: "NL"})
    assert share(alone, rollup) == {"I1": 1.0}
    beside = observatory(tmp_path / "b", [{"id": 1, "authors": [[[H]], [[U]]]}], {H: "NL", U: "NL"})
    assert share(beside, rollup) == {"I2": 1.0}


def test_t1_4_a_joint_body_splits_over_its_partners(tmp_path: Path) -> None:
    rollup = file(tmp_path, *(f'child = "I4"\nparent = "I{p}"\nmode = "joint"\nweight = "1/2"' for p in (U, V)))
    obs = observatory(tmp_path / "o", [{"id": 1, "authors": [[[J]]]}], {J: "CH", U: "CH", V: "CH"})
    assert share(obs, rollup) == {"I2": 0.5, "I3": 0.5}


def test_joint_weights_must_conserve_credit(tmp_path: Path) -> None:
    rollup = file(tmp_path, 'child = "I4"\nparent = "I2"\nmode = "joint"\nweight = "1/3"')
    obs = observatory(tmp_path / "o", [{"id": 1, "authors": [[[J]]]}], {J: "CH"})
    with pytest.raises(SpecError, match="add up to 1/3"):
        share(obs, rollup)


@pytest.mark.parametrize("called", ["education", "funder", "other", None])
def test_the_academy_rule_stops_at_universities(tmp_path: Path, called: str | None) -> None:
    """Whatever OpenAlex calls the university, ROR knows it for one (METHODS 1.4: cut where the child is of ROR type education)."""
    academy, institute, university, lab = 10, 11, 12, 13
    entities = {
        academy: {"institution_type": "government"},
        institute: {"institution_type": "facility"},
        university: {"institution_type": called, "ror_id": "uni"},
        lab: {"institution_type": "facility"},
    }
    lineage = {institute: [academy], university: [academy], lab: [university, academy]}
    parents = [{"institution_id": c, "parent_id": p, "relation": "lineage"} for c, ps in lineage.items() for p in (c, *ps)]
    papers = [{"id": i, "authors": [[[who]]]} for i, who in enumerate((institute, university, lab), start=1)]
    ror = [{"ror_id": "uni", "name": "University", "institution_type": "education"}]
    obs = observatory(tmp_path, papers, entities, institution_parent=parents, ror=ror)
    assert share(obs, "default") == {"I10": 1.0, "I12": 2.0}
    assert share(obs, "none") == {"I11": 1.0, "I12": 1.0, "I13": 1.0}


@pytest.mark.parametrize("seed", range(3))
def test_roll_up_conserves_total_weight(tmp_path: Path, seed: int) -> None:
    papers, institutions = random_world(seed)
    rollup = file(
        tmp_path,
        'child = "I1"\nparent = "I2"\nmode = "associated"',
        'child = "I3"\nparent = "I2"\nmode = "component"',
        'child = "I4"\nparent = "I2"\nmode = "joint"\nweight = "1/2"',
        'child = "I4"\nparent = "I5"\nmode = "joint"\nweight = "1/2"',
    )
    obs = observatory(tmp_path / "o", papers, institutions)
    assert sum(share(obs, rollup).values()) == pytest.approx(sum(share(obs, "none").values()), abs=1e-9)


def test_t1_4_replicated_credit_is_more_than_one_paper_and_only_by_switch(tmp_path: Path) -> None:
    rollup = file(tmp_path, *(f'child = "I4"\nparent = "I{p}"\nmode = "replicate"' for p in (U, V)))
    obs = observatory(tmp_path / "o", [{"id": 1, "authors": [[[J]]]}], {J: "CH", U: "CH", V: "CH"})
    assert share(obs, rollup) == {"I2": 1.0, "I3": 1.0}
    assert share(obs, "none") == {"I4": 1.0}
    ranking = obs.rank("publications", unit="institution", counting="author-fractional", rollup=rollup)
    assert ranking.unassigned.num_rows == 0


def test_agencies_of_one_government_stay_apart_and_every_unit_has_a_name(tmp_path: Path) -> None:
    department, agency, institute, other, nameless, orphan = 20, 21, 22, 23, 24, 25
    entities = {
        department: {"institution_type": "government", "name": "United States Department of Health"},
        agency: {"institution_type": "government", "name": "Institutes of Health"},
        institute: {"institution_type": "facility", "name": "Institute of Joints"},
        other: {"institution_type": "government", "name": "Centers for Control"},
        orphan: {"institution_type": "facility", "name": "Laboratory"},
    }
    lineage = {institute: [agency, department], agency: [department], other: [department], orphan: [nameless]}
    parents = [{"institution_id": c, "parent_id": p, "relation": "lineage"} for c, ps in lineage.items() for p in (c, *ps)]
    papers = [{"id": i, "authors": [[[who]]]} for i, who in enumerate((institute, agency, other, orphan, department), start=1)]
    home = observatory(tmp_path / "o", papers, {i: {"country_code": "US", **e} for i, e in entities.items()}, institution_parent=parents)
    assert share(home, "default") == {"I21": 2.0, "I23": 1.0, "I25": 1.0, "I20": 1.0}
    names = [r["name"] for r in home.rank("count", unit="institution", rollup="default").ranked.to_pylist()]
    assert "Institutes of Health" in names and not any(n.startswith("I2") for n in names)
    mine = tmp_path / "mine.toml"
    mine.write_text('rule = "parents"\nstop_at = ["education"]\n')
    assert share(home, str(mine)) == {"I20": 4.0, "I25": 1.0}  # without umbrella: changeable
    (tmp_path / "bad.toml").write_text('rule = "parents"\numbrella = "("\n')
    with pytest.raises(SpecError, match="no pattern"):
        share(home, str(tmp_path / "bad.toml"))


def test_an_author_with_one_matched_and_one_unmatched_address(tmp_path: Path) -> None:
    """The choice is stated (METHODS 0.4, 5.8) and can be changed: all to the matched, a part unassigned, or shared by the others."""
    papers = [{"id": 1, "authors": [{"addresses": [[1], []], "countries": ["CN", "FR"]}, [[2]]]}]
    obs = observatory(tmp_path / "o", papers, {1: "CN", 2: "US"})

    def values(**choices: Any) -> dict[str, float]:
        rows = obs.rank("publications", counting="author-fractional", **choices).ranked.to_pylist()
        return {r["unit_id"]: r["value"] for r in rows}

    assert values(split="institution") == {"CN": 0.5, "US": 0.5}
    assert values(split="address") == {"CN": 0.25, "US": 0.5}  # FR is named, but for an author who has a matched institution
    assert values(split="address", unmatched="drop") == {"CN": 0.5, "US": 0.5}
