"""An update gives what a full build gives: newest versions, merged and deleted ids, only touched segments written again."""

from __future__ import annotations

import gzip
import json
import shutil
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.errors import InputError
from armillary.sources.openalex.fates import Merges, resolved
from armillary.sources.openalex.ingest import IngestReport, ingest

from .conftest import LINK, author, content, dump, institution, work, write_lines


def merged_list(root: Path, entity: str, pairs: list[tuple[str, str]], name: str = "2025-01-01.csv.gz") -> None:
    folder = root / "data" / "merged_ids" / entity
    folder.mkdir(parents=True, exist_ok=True)
    text = "merge_date,id,merge_into_id\n" + "".join(f"2025-01-01,{a},{b}\n" for a, b in pairs)
    (folder / name).write_bytes(gzip.compress(text.encode(), mtime=0))


def test_previous_then_current_is_current(real_data: Path, real_store: tuple[Store, IngestReport], tmp_path: Path) -> None:
    """3,000 of the works in older versions first, often of another schema generation."""
    full, updated = real_store[0], Store.create(tmp_path / "updated")
    ingest(real_data / "openalex-previous", updated, abstracts=True)
    first = ingest(real_data / "openalex", updated, abstracts=True)
    assert first.superseded_in_observatory == 3_000
    assert updated.generation == 2
    assert updated.at(1).rows("work") == 3_000
    assert content(updated) == content(full)
    works = [r for r in updated.read("manifest").to_pylist() if r["entity"] == "works"]
    assert sum(r["kept_n"] for r in works) == updated.rows("work") == 11_980
    assert sum(r["superseded_n"] for r in works) == 3_000
    assert all(r["records_n"] == r["kept_n"] + r["superseded_n"] + r["rejected_n"] for r in works)


@pytest.mark.slow
def test_current_then_previous_is_current(real_data: Path, real_store: tuple[Store, IngestReport], tmp_path: Path) -> None:
    full = real_store[0]
    shutil.copytree(full.path, tmp_path / "late")
    late = Store.open(tmp_path / "late")
    files = {t: [f.name for f in late.files(t)] for t in ("work", "citation", "affiliation")}
    ingest(real_data / "openalex-previous", late, abstracts=True)
    assert content(late) == content(full)
    assert {t: [f.name for f in late.files(t)] for t in files} == files, "older versions touch no segment"


def test_only_touched_segments_are_written_again(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "o")
    for k in range(4):
        ingest(write_lines(tmp_path / f"{k}.jsonl", [work(10 * k + n, referenced_works=[f"{LINK}W999"]) for n in range(1, 4)]), store)
    before = {t: set(store.files(t)) for t in ("work", "citation")}
    done = ingest(write_lines(tmp_path / "new.jsonl", [work(12, title="newer", updated_date="2025-06-01")]), store)
    assert done.segments_rewritten == 1
    assert len(before["work"] & set(store.files("work"))) == 3
    assert len(before["citation"] & set(store.files("citation"))) == 3
    assert store.rows("citation") == 11
    assert store.at(store.generation - 1).rows("citation") == 12


def test_equal_date_keeps_what_is_there(tmp_path: Path) -> None:
    """Snapshots move unchanged records between files; nothing may be written again for that."""
    store = Store.create(tmp_path / "o")
    ingest(write_lines(tmp_path / "a.jsonl", [work(1), work(2)]), store)
    before = store.files("work")
    done = ingest(write_lines(tmp_path / "b.jsonl", [work(2), work(3)]), store)
    assert set(before) < set(store.files("work"))
    assert done.entities["works"] == {"files": 1, "records": 2, "kept": 1, "superseded": 1, "rejected": 0}


def test_own_records_replace_mentions_and_older_records(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "o")

    def own(name: str, date: str, **more: object) -> dict:
        return institution(5, display_name=name, updated_date=date, geo={"city": "Lyon", "latitude": 45.7, "longitude": 4.8}) | more

    ingest(
        write_lines(tmp_path / "w.jsonl", [work(1, author(1, ("L", [institution(5, display_name="Said")])), updated_date="2026-01-01")]),
        store,
    )
    assert store.read("institution").select(["name", "origin"]).to_pylist() == [{"name": "Said", "origin": "mention"}]
    ingest(write_lines(tmp_path / "i.jsonl", [own("Own", "2020-01-01", lineage=[f"{LINK}I5", f"{LINK}I1"])]), store)
    row = store.read("institution").to_pylist()[0]
    assert (row["name"], row["origin"], row["city"], row["place_origin"]) == ("Own", "entity", "Lyon", "openalex")
    done = ingest(write_lines(tmp_path / "j.jsonl", [own("Newer", "2021-01-01"), own("Older", "2019-01-01")]), store)
    assert store.read("institution")["name"].to_pylist() == ["Newer"]
    assert done.entities["institutions"] == {"files": 1, "records": 2, "kept": 1, "superseded": 1, "rejected": 0}


def test_merged_works_are_followed(tmp_path: Path) -> None:
    root = tmp_path / "s"
    write_lines(
        root / "data/works/updated_date=2025-01-01/part_000.gz",
        [
            work(1, author(1)),
            work(2, referenced_works=[f"{LINK}W{n}" for n in (1, 3, 4)]),
            work(3, referenced_works=[f"{LINK}W1"]),
            work(4, author(2)),
        ],
    )
    store = Store.create(tmp_path / "o")
    ingest(root, store)
    assert store.rows("work") == 4
    merged_list(root, "works", [("W1", "W3"), ("W4", "")])
    done = ingest(root, store)
    assert done.merged_ids == 2
    assert sorted(store.read("work")["work_id"].to_pylist()) == [2, 3]
    assert "authorship" not in store.tables()
    # 1 became 3: the reference of 2 to both is one reference, that of 3 to 1 would cite itself; 4 is gone
    assert store.read("citation").to_pylist() == [{"citing_id": 2, "cited_id": 3, "citing_year": 2020}]
    manifest = store.read("manifest").to_pylist()[0]
    assert (manifest["kept_n"], manifest["superseded_n"]) == (2, 2)
    # the lists are remembered: an old file that still has 1 changes nothing
    ingest(write_lines(tmp_path / "late.jsonl", [work(1, updated_date="2030-01-01"), work(9, referenced_works=[f"{LINK}W1"])]), store)
    assert sorted(store.read("work")["work_id"].to_pylist()) == [2, 3, 9]
    assert [r["cited_id"] for r in store.read("citation").to_pylist() if r["citing_id"] == 9] == [3]
    assert ingest(root, store).changed is False


def test_merged_authors_institutions_and_sources(tmp_path: Path) -> None:
    root = tmp_path / "s"
    a, b, c = institution(5), institution(6, lineage=[f"{LINK}I6", f"{LINK}I8"]), institution(7)
    write_lines(
        root / "data/works/updated_date=2025-01-01/part_000.gz",
        [
            work(1, author(1, ("L", [a, b]), ("M", [a])), author(2, ("L", [c]))),
            work(2, author(3, ("N", [b]))),
        ],
    )
    merged_list(root, "authors", [("A1", "A11"), ("A2", "")])
    merged_list(root, "institutions", [("I5", "I6"), ("I7", ""), ("I8", "I9")])
    merged_list(root, "sources", [("S7", "S70")])
    store = Store.create(tmp_path / "o")
    ingest(root, store)
    assert store.read("authorship").select(["author_id", "n_author_institutions"]).to_pylist() == [
        {"author_id": 11, "n_author_institutions": 1},
        {"author_id": None, "n_author_institutions": 0},
        {"author_id": 3, "n_author_institutions": 1},
    ]
    columns = ["work_id", "author_seq", "address_seq", "institution_id", "n_in_address", "is_repeat", "n_author_institutions"]
    assert [tuple(r.values()) for r in store.read("affiliation").select(columns).to_pylist()] == [
        (1, 1, 1, 6, 1, False, 1),
        (1, 1, 2, 6, 1, True, 1),
        (1, 2, 1, None, 0, False, 0),
        (2, 1, 1, 6, 1, False, 1),
    ]
    assert store.read("institution")["institution_id"].to_pylist() == [6]
    assert store.read("institution_parent").to_pylist() == [{"institution_id": 6, "parent_id": 9, "relation": "lineage"}]
    assert store.read("work")["source_id"].to_pylist() == [70, 70]


def followed(merges: dict[int, int | None]) -> dict[int, int | None]:
    """Each chain walked step by step."""
    ends: dict[int, int | None] = {}
    for old in merges:
        path: list[int] = []
        at: int | None = old
        while at is not None and at in merges and at not in path:
            path.append(at)
            at = merges[at]
        if at in path:
            at = min(path[path.index(at) :])
        if at != old:
            ends[old] = at
    return ends


@given(st.dictionaries(st.integers(1, 9), st.one_of(st.none(), st.integers(1, 12)), max_size=9))
def test_chains_and_circles_of_merges_end(merges: dict[int, int | None]) -> None:
    olds = sorted(merges)
    news = [-1 if merges[old] is None else merges[old] for old in olds]
    found = resolved(Merges(np.array(olds, np.int64), np.array(news, np.int64)))
    ends = {old: None if new < 0 else new for old, new in zip(found.olds.tolist(), found.news.tolist(), strict=True)}
    assert ends == followed(merges)
    assert all(end not in ends for end in ends.values() if end is not None), "an end is not merged further"
    for old in set(merges) - set(ends):  # survived only as the smallest of a circle
        seen, at = [], old
        while at is not None and at in merges and at not in seen:
            seen.append(at)
            at = merges[at]
        assert at == old == min(seen)


@pytest.mark.parametrize(
    ("text", "message"), [("a,b\n1,2\n", "needs the columns"), ("merge_date,id,merge_into_id\n,x,W1\n", "'x' is not an OpenAlex id")]
)
def test_bad_list_of_merged_ids(tmp_path: Path, text: str, message: str) -> None:
    folder = tmp_path / "s/data/merged_ids/works"
    folder.mkdir(parents=True)
    (folder / "1.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        ingest(tmp_path / "s", Store.create(tmp_path / "o"))


# --- change streams


@st.composite
def streams(draw: st.DrawFn) -> list[list[dict]]:
    """Deliveries of versions of a few works; every version of a work has a date of its own."""
    n = draw(st.integers(1, 14))
    versions = [
        work(
            draw(st.integers(1, 5)),
            *(author(a, ("L", [institution(a % 3 + 1)])) for a in draw(st.lists(st.integers(1, 6), max_size=3))),
            title=f"version {k}",
            referenced_works=[f"{LINK}W{c}" for c in draw(st.lists(st.integers(1, 6), max_size=3))],
            updated_date=f"2025-01-{k + 1:02d}",
        )
        for k in range(n)
    ]
    order = draw(st.permutations(versions))
    cuts = sorted(draw(st.lists(st.integers(0, n), max_size=4)))
    bounds = [0, *cuts, n]
    return [list(order[a:b]) for a, b in pairwise(bounds) if b > a]


# the newest mention of institution 2 is in a version of work 3 that comes too late, and an older work that stays names it as well
LATE = [
    [work(3, updated_date="2025-01-09")],
    [
        work(1, author(1, ("L", [institution(2)])), updated_date="2025-01-02"),
        work(3, author(1, ("L", [institution(2)])), updated_date="2025-01-05"),
    ],
]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.explicit, Phase.generate])
@example(LATE, {}, 0)
@given(streams(), st.dictionaries(st.integers(1, 6), st.one_of(st.none(), st.integers(1, 6)), max_size=2), st.integers(0, 4))
def test_any_order_of_deliveries_gives_the_full_build(stream: list[list[dict]], merges: dict[int, int | None], when: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pairs = [(f"W{a}", f"W{b}" if b else "") for a, b in merges.items() if a != b]
        updated = Store.create(folder / "updated")
        for k, delivery in enumerate(stream):
            root = folder / str(k)
            write_lines(root / "data/works/updated_date=2025-01-01/part_000.gz", delivery)
            if pairs and k == min(when, len(stream) - 1):
                merged_list(root, "works", pairs)
            ingest(root, updated)
        newest: dict[str, dict] = {}
        for record in (r for delivery in stream for r in delivery):
            if record["id"] not in newest or record["updated_date"] > newest[record["id"]]["updated_date"]:
                newest[record["id"]] = record
        root = folder / "full"
        write_lines(root / "data/works/updated_date=2025-01-01/part_000.gz", list(newest.values()))
        if pairs:
            merged_list(root, "works", pairs)
        full = Store.create(folder / "built")
        ingest(root, full)
        mine, theirs = content(updated), content(full)
        for table in ("institution", "source"):  # what a replaced version said about an institution that others still name may be newer
            strip = [[{k: v for k, v in r.items() if k != "updated_date"} for r in dump(s).get(table, [])] for s in (updated, full)]
            assert strip[0] == strip[1]
            mine.pop(table, None), theirs.pop(table, None)
        assert mine == theirs
        works = [r for r in updated.read("manifest").to_pylist() if r["entity"] == "works"]
        assert sum(r["kept_n"] for r in works) == updated.rows("work")


def test_history_is_kept(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "o")
    for k in range(3):
        ingest(write_lines(tmp_path / "w.jsonl", [work(1, title=f"t{k}", updated_date=f"2025-0{k + 1}-01")]), store)
    assert [store.at(g).read("work")["title"].to_pylist() for g in (1, 2, 3)] == [["t0"], ["t1"], ["t2"]]
    files = store.read("manifest")["file"].to_pylist()
    assert len(files) == 3
    assert all(f.startswith("w.jsonl") for f in files)
    assert json.dumps(store.info()["entities"]["works"]) == '{"files": 3, "records": 3, "kept": 1, "superseded": 2, "rejected": 0}'


def test_changes_without_a_new_date_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the affiliations of September 2026: an update keeps what is here, and tells how many works that concerns."""
    store = Store.create(tmp_path / "o")
    ingest(write_lines(tmp_path / "a.jsonl", [work(n, author(n, ("L", [institution(n)]))) for n in (1, 2, 3)]), store)
    same, other = work(1, author(1, ("L", [institution(1)]))), work(2, author(2, ("L", [institution(9)])))
    newer = work(3, author(3, ("L", [institution(9)])), updated_date="2026-01-01T00:00:00")
    path = write_lines(tmp_path / "b.jsonl", [same | {"cited_by_count": 7}, other, newer, work(4)])
    assert run(["ingest", "openalex", str(path), "--into", str(store.path)]) == 0
    assert "  1 works came with other content and the date that they have here" in capsys.readouterr().out
    assert sorted({r["institution_id"] for r in store.refresh().read("affiliation").to_pylist() if r["institution_id"]}) == [1, 2, 9]
