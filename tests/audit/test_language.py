"""Claims files: what is wrong is said in one line with file and line; nothing ever ends in a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armillary.audit.language import builtin, parse, read
from armillary.audit.query import KEYS, PREDICATES
from armillary.cli.main import run
from armillary.errors import ArmillaryError, SpecError

GOOD = """format = 1
title = "One"

[articles.t]
file = "text.txt"
published = 2025-01-02

[[claim]]
id = "a"
article = "t"
at = [0, 10]
says = "A was first in 2020"
predicate = "rank"
evidence = "file:made.csv"
unit = "a"
period = 2020
rank = 1

[[claim.also]]
label = "by money"
predicate = "value"
evidence = "file:made.csv/money"
unit = "x"
period = 2020
number = 130
"""


def test_a_good_file_is_read() -> None:
    file = parse(GOOD.encode(), "c.toml")
    claim = file.claims[0]
    assert (claim.id, claim.at, claim.line, claim.main.query.predicate) == ("a", (0, 10), 8, "rank")
    assert claim.also[0].query.args == {"unit": "x", "period": 2020, "number": 130}
    assert len(claim.sha256) == 64


BROKEN = [
    ("rank = 1", "rank = 0", "line 17", "'rank' must be 1 or more"),
    ("rank = 1", "rnk = 1", "line 17", "unknown key 'rnk'"),
    ("rank = 1\n", "", "line 8", "'rank' needs 'rank'"),
    ('predicate = "rank"\n', 'predicate = "rnak"\n', "line 13", "did you mean 'rank'"),
    ('unit = "a"', "unit = 3", "line 15", "'unit' must be text"),
    ("period = 2020\nrank", "period = 12\nrank", "line 16", "'period' must be a year"),
    ("period = 2020\nrank", "period = 2020\nnumber = 2\nrank", "line 17", "'rank' takes no 'number'"),
    ('evidence = "file:made.csv"', 'evidence = "made"', "line 14", "is not evidence"),
    ('evidence = "file:made.csv"', 'evidence = "none"', "line 14", "what is missing"),
    ('evidence = "file:made.csv"', 'evidence = { unit = "city" }', "line 14", "needs 'indicator' or 'recipe'"),
    ('evidence = "file:made.csv"', 'evidence = { indicator = "share", uint = "city" }', "line 14", "unknown key 'uint'"),
    ("at = [0, 10]", "at = [10, 0]", "line 11", "'at' must be two offsets"),
    ('article = "t"', 'article = "u"', "line 10", "article 'u' is not described"),
    ('id = "a"', 'id = "a b"', "line 9", "an id has letters"),
    ("format = 1", "format = 9", "line 1", "format 9 is not known"),
    ('title = "One"', 'titel = "One"', "line 2", "unknown key 'titel'"),
    ("published = 2025-01-02", 'published = "soon"', "line 4", "must be a date"),
    ('label = "by money"\n', "", "line 19", "needs a 'label'"),
    ("rank = 1", "rank = [1", "c.toml", "not valid TOML"),
]


@pytest.mark.parametrize(("old", "new", "where", "what"), BROKEN)
def test_a_broken_file_is_refused_with_its_line(old: str, new: str, where: str, what: str) -> None:
    assert old in GOOD
    with pytest.raises(SpecError) as caught:
        parse(GOOD.replace(old, new, 1).encode(), "c.toml")
    line = caught.value.line
    assert where in line and what in line
    assert "\n" not in line


def test_two_claims_with_one_id_are_refused() -> None:
    claim = GOOD[GOOD.index("[[claim]]") : GOOD.index("[[claim.also]]")]
    with pytest.raises(SpecError, match=r"two claims have the id 'a'.*line 8"):
        parse((GOOD + claim).encode(), "c.toml")


def test_the_command_says_it_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "c.toml"
    path.write_text(GOOD.replace("rank = 1", "rank = -1"), encoding="utf-8")
    assert run(["audit", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "line 17" in err
    assert run(["audit", str(tmp_path / "gone.toml")]) == 2
    assert "no such claims file" in capsys.readouterr().err
    path.write_bytes(b"\xff\xfe")
    assert run(["audit", str(path)]) == 2
    assert "not UTF-8" in capsys.readouterr().err


def test_the_built_in_file_is_found_by_name_only() -> None:
    assert builtin("articles") is not None
    assert builtin("../claims/articles") is None
    assert builtin("nothing") is None


# --- fuzzing -----------------------------------------------------------------------------------------------------------------------------

scalars = st.one_of(
    st.integers(-5, 3000),
    st.floats(allow_nan=True, allow_infinity=True),
    st.booleans(),
    st.text(max_size=8),
    st.sampled_from(["CN", "a", "latest", "all", "nearly"]),
)
values = st.one_of(
    scalars,
    st.lists(scalars, max_size=3),
    st.dictionaries(st.sampled_from(["2012", "2019", "x", "indicator", "recipe"]), scalars, max_size=2),
)
keys = st.one_of(
    st.sampled_from([*KEYS, "id", "says", "predicate", "evidence", "missing", "article", "at", "note", "label"]),
    st.text("abc_-", min_size=1, max_size=4),
)


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return "nan" if value != value else ("inf" if value == float("inf") else "-inf" if value == float("-inf") else repr(value))
    if isinstance(value, list):
        return "[" + ", ".join(toml(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)


@given(
    st.dictionaries(keys, values, max_size=8),
    st.sampled_from([*PREDICATES, "nonsense"]),
    st.sampled_from(["file:made.csv", "file:made.csv/money", "none", "series:X", "x"]),
)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_fuzzed_claims_give_a_verdict_or_a_clear_message(made: Path, body: dict[str, object], predicate: str, evidence: str) -> None:
    fields: dict[str, object] = {"id": "c", "says": "s", "missing": "m", "predicate": predicate, "evidence": evidence} | body
    text = "[[claim]]\n" + "\n".join(f"{json.dumps(k)} = {toml(v)}" for k, v in fields.items()) + "\n"
    judged_or_refused(text.encode(), made)


@given(st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_well_formed_queries_are_always_judged(made: Path, data: st.DataObject) -> None:
    """Arguments of the right kind but any value: never an error, always a verdict."""
    fitting = {
        "unit": st.sampled_from(["a", "b", "x", "y", "nobody"]),
        "other": st.sampled_from(["b", "y", ["x", "y"], "nobody"]),
        "units": st.sampled_from([["a", "b"], ["x", "y", "z"]]),
        "of": st.sampled_from(["all", "a", ["x", "y"]]),
        "minus": st.sampled_from(["y", "b", "z"]),
        "country": st.sampled_from(["CN", ["CN", "US"], "ZZ"]),
        "period": st.sampled_from([2017, 2018, 2020, 2021, 2022, 2999, "latest", "spring list", "2020", "other"]),
        "from": st.sampled_from([2018, 2020]),
        "to": st.sampled_from([2020, 2021, 2025]),
        "until": st.sampled_from([2020, 2022, "latest"]),
        "since": st.sampled_from([2016, 2019]),
        "between": st.sampled_from([[2018, 2020], [2000, 2001]]),
        "years": st.integers(1, 12),
        "rank": st.integers(1, 20),
        "ranks": st.just([1, 2]),
        "path": st.just({"2018": 2, "2020": 1}),
        "first": st.integers(1, 120),
        "number": st.floats(-1e6, 1e6),
        "word": st.sampled_from(["about", "nearly", "at most", "more than"]),
        "tolerance": st.floats(0, 10),
        "as": st.sampled_from(["ratio", "percent", "difference"]),
        "by": st.sampled_from(["rank", "value"]),
    }
    grammar = PREDICATES[data.draw(st.sampled_from(sorted(PREDICATES)))]
    chosen = [k for k in grammar.may if k != "ranks" and data.draw(st.booleans())]
    if grammar.name == "crossing" and "between" not in chosen:
        chosen.append("period")
    args = {k: data.draw(fitting[k]) for k in dict.fromkeys([*grammar.needs, *chosen])}
    evidence = data.draw(st.sampled_from(["file:made.csv", "file:made.csv/money"]))
    fields = {"id": "c", "says": "s", "predicate": grammar.name, "evidence": evidence, **args}
    text = "[[claim]]\n" + "\n".join(f"{k} = {toml(v)}" for k, v in fields.items()) + "\n"
    assert judged_or_refused(text.encode(), made)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_refused_in_one_line(raw: bytes) -> None:
    try:
        parse(raw, "c.toml")
    except ArmillaryError as error:
        assert "\n" not in error.line and "c.toml" in error.line


def judged_or_refused(raw: bytes, made: Path) -> bool:
    from armillary.audit.audit import audit

    try:
        file = parse(raw, "c.toml", made)
    except ArmillaryError as error:
        assert "\n" not in error.line and "c.toml" in error.line
        return False
    try:
        result = audit(file)
    except ArmillaryError as error:
        assert "\n" not in error.line
        return False
    json.dumps(result.as_dict(), allow_nan=False)
    return True


def test_reading_the_built_in_file() -> None:
    path = builtin("articles")
    assert path is not None
    file = read(path)
    assert file.path == "built-in:articles"
    assert len(file.articles) == 5
