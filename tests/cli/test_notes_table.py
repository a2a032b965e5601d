"""Which notes stand beside what: every command over four kinds of corpus. A note that goes missing, or comes too much, fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from armillary.cli.main import run
from armillary.registry.notes import Note, kinds
from support.tiny import store

PAPERS: list[dict[str, Any]] = [
    {
        "id": n,
        "authors": [{"addresses": [[1]], "id": 1}, {"addresses": [[2 + n % 2]], "id": 2 + n % 5}],
        "year": 2015 + n % 6,
        "doi": f"10.1000/{n}",
        "topic_id": 10,
        "subfield_id": 1602,
        "field_id": 16,
        "domain_id": 3,
        "references": [k for k in (1, 2, 3) if k != n],
        "sdgs": {13: 0.9} if n % 2 else {},
    }
    for n in range(1, 41)
]
INSTITUTIONS: dict[int, Any] = {
    1: {"country_code": "CN", "institution_type": "education", "lat_deg": 40.0, "lon_deg": 116.3},
    2: {"country_code": "US", "institution_type": "company", "lat_deg": 42.4, "lon_deg": -71.1},
    3: {"country_code": "US", "institution_type": "education", "lat_deg": 42.4, "lon_deg": -71.1},
}
MORE: dict[str, list[dict[str, Any]]] = {
    "topic": [{"topic_id": 10, "name": "Topic", "field_id": 16, "field_name": "Chemistry", "origin": "entity"}],
    "policy_document": [{"policy_id": "d", "organisation": "IPCC", "organisation_type": "igo", "year": 2021}],
    "policy_citation": [{"policy_id": "d", "doi": f"10.1000/{n}"} for n in (1, 2, 5)],
    "place": [{"place_id": "city:b", "name": "Beijing", "country_code": "CN", "lat_deg": 40.0, "lon_deg": 116.3, "place_kind": "city"}],
    "institution_place": [{"institution_id": 1, "place_id": "city:b", "assigned_by": "nearest", "distance_km": 0.0}],
}
KINDS = {
    "convenience-sample": 'kind = "convenience-sample"\n',
    "random-sample": 'kind = "random-sample"\nframe = "a register"\n',
    "institution": 'kind = "institution"\nframe = "I1"\n',
    "synthetic": "synthetic = true\n",
}
COMMANDS = {
    "rank count": ["rank", "count"],
    "rank pp-oa": ["rank", "pp-oa"],
    "rank pp-collab": ["rank", "pp-collab", "--unit", "institution"],
    "rank mncs": ["rank", "mncs", "--within-corpus", "--option", "min_cell=0"],
    "rank author": ["rank", "count", "--unit", "author"],
    "rank region": ["rank", "count", "--unit", "region"],
    "path": ["path", "count", "CN"],
    "city": ["city", "Beijing"],
    "dossier": ["dossier", "chemistry"],
    "dossier work": ["dossier", "W1"],
    "highly-cited": ["highly-cited", "--window", "2015-2020", "--min-cell", "2", "--within-corpus"],
    "lead balance": ["lead", "balance", "CN", "US"],
    "cooperation partners": ["cooperation", "partners", "CN", "--records"],
    "policy": ["policy"],
    "brief": ["brief", "--period", "2015-2020", "--claims", "none", "--formats", "md", "--no-charts", "--quiet"],
}
OWN = {
    "rank pp-oa": {"known-part"},
    "rank pp-collab": {"minimum-of-ratios"},
    "rank mncs": {"small-cells", "minimum-of-ratios"},
    "rank author": {"people"},
    "rank region": {"regions-overlap"},
    "highly-cited": {"people"},
}
"""What a command says beside the kind of the corpus; of references that lead out of a sample it is said as well."""


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = {}
    for kind, about in KINDS.items():
        out[kind] = tmp_path_factory.mktemp(kind) / "obs"
        store(out[kind], PAPERS, INSTITUTIONS, **MORE)
        (out[kind] / "registry" / "about.toml").write_text(about, encoding="utf-8")
    return out


def codes_in(text: str) -> set[str]:
    """The codes of the notes in what a command printed: the longest fixed part of each note's text is looked for."""
    flat = " ".join(text.split())
    marks = {c: max(part_texts(e["en"]), key=len) for c, e in kinds().items() if c not in ("world", "left-out")}
    marks |= {c: f"Works of one {c}" for c in ("institution", "country")}
    return {c for c, mark in marks.items() if mark in flat}


def part_texts(template: str) -> list[str]:
    parts, depth, now = [], 0, ""
    for c in template:
        depth += (c == "{") - (c == "}")
        if depth or c == "}":
            parts, now = ([*parts, now.strip()], "") if now else (parts, "")
        else:
            now += c
    return [*parts, now.strip()]


@pytest.mark.parametrize("kind", [k if k == "convenience-sample" else pytest.param(k, marks=pytest.mark.slow) for k in KINDS])
@pytest.mark.parametrize("name", COMMANDS)
def test_the_notes_beside_a_command_are_these(
    corpora: dict[str, Path], capsys: pytest.CaptureFixture[str], name: str, kind: str, tmp_path: Path
) -> None:
    out = ["--out", str(tmp_path)] if name == "brief" else []
    assert run([*COMMANDS[name], *out, "--into", str(corpora[kind])]) == 0, capsys.readouterr().err
    printed = capsys.readouterr().out + "".join(p.read_text(encoding="utf-8") for p in sorted(tmp_path.rglob("*.md")))
    seen = {"references-seen"} if name == "rank mncs" and kind != "synthetic" else set()
    assert codes_in(printed) == {kind} | OWN.get(name, set()) | seen


@pytest.mark.parametrize("kind", ["convenience-sample", "institution"])
def test_no_list_of_people_from_works_that_cannot_carry_it(corpora: dict[str, Path], capsys: pytest.CaptureFixture[str], kind: str) -> None:
    assert run(["highly-cited", "--window", "2015-2020", "--min-cell", "2", "--into", str(corpora[kind])]) == 2
    said = capsys.readouterr().err
    assert "highly cited people" in said and "--within-corpus" in said


def test_every_note_has_a_level_and_both_languages() -> None:
    for code, entry in kinds().items():
        assert set(entry) == {"level", "en", "zh"} and entry["level"] in ("info", "caution", "blocking"), code
        assert part_texts(entry["en"])
    note = Note("random-sample", works=5, frame="", out=Note("left-out", leaves_out="x"), undeclared="")
    assert note.code == "random-sample" and "5" in str(note.said("zh")) and "未包括" in str(note.said("zh")) and note.said("fr") is None
