"""Mutated records never crash a reader: each is kept or rejected with a reason, or the file is refused with a clear error."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armillary.core.store import Store
from armillary.errors import InputError
from armillary.sources.openalex.ingest import ingest

from .conftest import LINK, author, institution, work

SEED = work(
    1,
    author(1, ("Line", [institution(5), institution(6)]), ("Other", [])),
    topics=[{"id": f"{LINK}T10001", "score": 0.5, "subfield": {"id": f"{LINK}subfields/1"}, "field": {"id": 1}, "domain": None}],
    referenced_works=[f"{LINK}W2"],
    counts_by_year=[{"year": 2020, "cited_by_count": 3}],
    sustainable_development_goals=[{"id": "https://metadata.un.org/sdg/3", "score": 0.5}],
    abstract_inverted_index={"a": [0]},
    awards=[{"funder_id": f"{LINK}F1", "funder_award_id": "x"}],
    open_access={"oa_status": "gold"},
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just([[]]),
    st.sampled_from([f"{LINK}W", f"{LINK}W-1", f"{LINK}W99999999999999999999", "W1", "\ud800", "\x00", "2020-99-99", "https://doi.org/"]),
)


def places(value: Any, at: tuple = ()) -> list[tuple]:
    found = [at] if at else []
    if isinstance(value, dict):
        found += [p for k, v in value.items() for p in places(v, (*at, k))]
    elif isinstance(value, list):
        found += [p for k, v in enumerate(value) for p in places(v, (*at, k))]
    return found


PLACES = places(SEED)


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    record = json.loads(json.dumps(SEED))
    for place in draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3)):
        target = record
        try:
            for step in place[:-1]:
                target = target[step]
            target[place[-1]] = draw(VALUES)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier mutation took this place away
    line = json.dumps(record).encode()
    if draw(st.booleans()):
        cut = draw(st.integers(0, len(line)))
        line = line[:cut] + draw(st.binary(max_size=3)).replace(b"\n", b"") + line[cut + draw(st.integers(0, 3)) :]
    return line


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(mutants(), min_size=1, max_size=12))
def test_mutated_records(lines: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        good = json.dumps(work(77)).encode()
        (folder / "w.jsonl").write_bytes(b"\n".join([good, *lines]))
        store = Store.create(folder / "o")
        n = 1 + sum(bool(line.strip()) for line in lines)
        done = ingest(folder / "w.jsonl", store, abstracts=True).entities["works"]
        assert done["records"] == n == done["kept"] + done["superseded"] + done["rejected"]
        assert all(r["reason"] for r in store.read("reject").to_pylist())
        assert 77 in store.read("work")["work_id"].to_pylist()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "w.jsonl.gz").write_bytes(data)
        try:
            ingest(folder / "w.jsonl.gz", Store.create(folder / "o"))
        except InputError as error:
            assert "w.jsonl.gz" in error.line
