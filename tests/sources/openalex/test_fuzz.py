"""Mutated records never crash a reader: each is kept or rejected with a reason, or the file is refused with a clear error."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armillary.core.store import Store
from armillary.errors import InputError
from armillary.sources.openalex.ingest import ingest

from .conftest import LINK, Record, author, content, institution, work, write_lines
from .test_columnar import as_parquet, quirks, topic

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
def mutants(draw: st.DrawFn, seed: Record = SEED) -> bytes:
    record = json.loads(json.dumps(seed))
    for place in draw(st.lists(st.sampled_from(PLACES if seed is SEED else places(seed)), min_size=1, max_size=3)):
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


@pytest.fixture(scope="session")
def real_records(real_data: Path) -> list[Record]:
    """Real works of each generation: the first of every part file that is not huge."""
    found = []
    for path in sorted((real_data / "openalex/data/works").glob("*/*.gz")):
        lines = gzip.decompress(path.read_bytes()).splitlines()
        found += [json.loads(line) for line in sorted(lines, key=len)[len(lines) // 4 :][:1]]
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_mutated_real_records(real_records: list[Record], data: st.DataObject) -> None:
    seeds = data.draw(st.lists(st.sampled_from(range(len(real_records))), min_size=1, max_size=4), label="seeds")
    lines = [data.draw(mutants(real_records[k])) for k in seeds]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "w.jsonl").write_bytes(b"\n".join([json.dumps(work(77)).encode(), *lines]))
        store = Store.create(folder / "o")
        done = ingest(folder / "w.jsonl", store, abstracts=True).entities["works"]
        assert done["records"] == 1 + sum(bool(line.strip()) for line in lines)
        assert done["records"] == done["kept"] + done["superseded"] + done["rejected"]
        assert 77 in store.read("work")["work_id"].to_pylist()


TOPICS = [topic(10001, 0.5), topic(10002, 0.25)]
TYPED = SEED | {
    "abstract_inverted_index": None,
    "topics": TOPICS,
    "primary_topic": TOPICS[0],
    "primary_location": {
        "source": {
            "id": f"{LINK}S7",
            "display_name": "Journal",
            "issn_l": "1234-5679",
            "issn": ["1234-5679", "0000-0000"],
            "type": "journal",
            "host_organization_name": "House",
            "is_core": True,
        }
    },
    "awards": [{"id": f"{LINK}G1", "funder_id": f"{LINK}F1", "funder_display_name": "Fund", "funder_award_id": "x"}],
    "funders": [{"id": f"{LINK}F1", "display_name": "Fund"}, {"id": f"{LINK}F2", "display_name": "Other"}],
}
"""As the Parquet snapshot has it: one type a column."""
OTHER = TYPED | {
    "id": f"{LINK}W2",
    "updated_date": "2025-02-01T00:00:00.000000",
    "authorships": [
        author(2, ("Line", [institution(6), institution(None, None)]), ("Third", [institution(5, "DE")])),
        author(3, institutions=[institution(5), institution(7)], raw_affiliation_strings=["X", "Y"]) | {"affiliations": []},
        author(4),
    ],
}
ODD_TEXT = st.sampled_from(
    [
        None,
        "",
        " ",
        "\x00",
        "W1",
        f"{LINK}W",
        f"{LINK}W-1",
        f"{LINK}W99999999999999999999",
        f"{LINK}W5",
        f"{LINK}A5",
        f"{LINK}I6",
        "https://",
        "2020-99-99",
        "2019-02-03T04:05:06",
        "journal-article",
        "paratext",
        "<b>&amp;",
        "0000-0002-1825-0097",
        "é" * 300,
        "null",
        "i5",
        f"{LINK}institutions/I5",
        f"{LINK}I5/",
        f"{LINK}I05",
        f"{LINK}I0x1F",
        f"{LINK}I1234567890123456789",
        "5",
        f"{LINK}T10002",
        "F1",
        f"{LINK}subfields/99999",
        "https://doi.org/10.1/ABC",
        "doi:10.2/x",
        "https://orcid.org/0000-0002-1825-0097/",
        "US",
        "a;b",
        ' "q" ',
    ]
)
ODD_INTEGER = st.sampled_from([None, 0, -1, 1, 1999, 32767, -32768, 100, 32768, -32769, 2**31 - 1, 2**31, -(2**31) - 1, 2**40])
ODD = {
    str: ODD_TEXT,
    bool: st.sampled_from([None, True, False]),
    int: ODD_INTEGER,
    float: st.sampled_from([None, 0.0, 1.0, -1.5, 1e30, 1e300]),
}


def rejected(store: Store) -> list[tuple[int, str]]:
    return [(r["line"], r["reason"]) for r in store.read("reject").to_pylist()]


@st.composite
def typed_mutants(draw: st.DrawFn, seed: Record) -> Record:
    """Records whose values are odd but of the type that the Parquet snapshot has there."""
    record = json.loads(json.dumps(seed))
    for place in draw(st.lists(st.sampled_from(places(seed)), min_size=1, max_size=4)):
        target = record
        try:
            for step in place[:-1]:
                target = target[step]
            value = target[place[-1]]
        except (KeyError, IndexError, TypeError):
            continue
        if isinstance(value, list):
            target[place[-1]] = draw(st.sampled_from([None, [], value * 2]))
        elif isinstance(value, dict):
            target[place[-1]] = None
        elif value is not None:
            target[place[-1]] = draw(ODD[type(value)])
    return record


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(st.sampled_from([TYPED, OTHER]).flatmap(typed_mutants), min_size=1, max_size=8))
def test_odd_values_give_the_same_rows_in_both_layouts(records: list[Record]) -> None:
    """The two readers share little code: what one makes of an odd record, the other must make too."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records = [work(77), *records]
        one, two = Store.create(folder / "1"), Store.create(folder / "2")
        first = ingest(write_lines(folder / "w.jsonl", records), one, abstracts=True)
        other = ingest(as_parquet(folder / "part_0000.parquet", records), two, abstracts=True)
        done = first.entities["works"]
        assert done["records"] == len(records) == done["kept"] + done["superseded"] + done["rejected"]
        assert other.entities["works"] == done
        assert other.rejects == first.rejects
        assert rejected(one) == rejected(two)
        assert content(one) == content(two)
        assert quirks(one) == quirks(two)


@pytest.fixture(scope="session")
def whole_parquet(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small part file with two row groups."""
    path = as_parquet(tmp_path_factory.mktemp("fuzz") / "p.parquet", [TYPED | {"id": f"{LINK}W{n}"} for n in range(1, 40)], row_group=20)
    assert pq.read_metadata(io.BytesIO(path.read_bytes())).num_row_groups == 2
    return path.read_bytes()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_damaged_parquet_bytes(whole_parquet: bytes, data: st.DataObject) -> None:
    """Bytes changed anywhere, footer included: refused by name, or every record accounted for."""
    damaged = bytearray(whole_parquet)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.one_of(st.integers(0, len(damaged) - 1), st.integers(max(0, len(damaged) - 9000), len(damaged) - 1)))
        damaged[at] = data.draw(st.integers(0, 255))
    if data.draw(st.integers(0, 4)) == 0:
        damaged = damaged[: data.draw(st.integers(0, len(damaged)))]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "part_0000.parquet"
        path.write_bytes(damaged)
        try:
            done = ingest(path, Store.create(Path(name) / "o")).entities["works"]
        except InputError as error:
            assert "part_0000.parquet" in error.line and "\n" not in error.line
        else:
            assert done["records"] == done["kept"] + done["superseded"] + done["rejected"]
