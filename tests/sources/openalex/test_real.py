"""Every oddity on the real records: counted here anew with plain Python and compared with what the ingest counted and kept."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from armillary.core import schema
from armillary.core.store import Store
from armillary.sources.openalex.ingest import ingest

from .conftest import content

DELETED_WORK, DELETED_AUTHOR, NO_AUTHOR = (f"https://openalex.org/{n}" for n in ("W4285719527", "A5317838346", "A9999999999"))


@pytest.fixture(scope="module")
def served(real_data: Path) -> list[dict]:
    files = sorted((real_data / "openalex/data/works").glob("*/*.gz"))
    return [json.loads(line) for f in files for line in gzip.open(f, "rt", encoding="utf-8")]


@pytest.fixture(scope="module")
def works(served: list[dict]) -> list[dict]:
    """The records as they are counted: nobody has no id, and an author on two lines under one name stands on the first, with the
    addresses of both."""
    return [as_counted(w) for w in served]


def as_counted(w: dict) -> dict:
    kept: dict[object, dict] = {}
    for k, a in enumerate(json.loads(json.dumps(w["authorships"]))):
        if (a["author"] or {}).get("id") in (DELETED_AUTHOR, NO_AUTHOR):
            a["author"] = {"id": None, "display_name": None}
        name = a.get("raw_author_name") or (a["author"] or {}).get("display_name") or ""
        known = (a["author"] or {}).get("id")
        key = (known, "".join(c for c in name.casefold() if c.isalnum())) if known else k
        first = kept.setdefault(key, a)
        if first is a:
            continue
        strings = [s for x in (first, a) for s in x.get("raw_affiliation_strings") or [x.get("raw_affiliation_string")] if s]
        first["raw_affiliation_strings"] = list(dict.fromkeys(strings))
        first.pop("raw_affiliation_string", None)
        ids = {i["id"] for i in first["institutions"] if i["id"]}
        first["institutions"] += [i for i in a["institutions"] if i["id"] not in ids]
        if "countries" in first:
            first["countries"] = list(dict.fromkeys(first["countries"] + a["countries"]))
        flags = [first.get("is_corresponding"), a.get("is_corresponding")]
        first["is_corresponding"] = True if True in flags else None if None in flags else False
    references = [r for r in w["referenced_works"] if r != DELETED_WORK]
    return w | {"authorships": list(kept.values()), "references": references, "listed": len(w["authorships"])}


@pytest.fixture(scope="module")
def done(real_store):
    return real_store


def number(link: str | None) -> int | None:
    return int(re.search(r"\d+$", link)[0]) if link else None


def test_every_record_is_kept_or_rejected(done, works) -> None:
    store, summary = done
    for row in store.read("manifest").to_pylist():
        assert row["records_n"] == row["kept_n"] + row["superseded_n"] + row["rejected_n"]
        assert row["snapshot_date"] == "2026-05-01"
    assert summary.entities["works"] == {"files": 24, "records": len(works), "kept": 11_980, "superseded": 0, "rejected": 0}
    assert {e: n["records"] for e, n in summary.entities.items()} == {
        "works": 11_980,
        "institutions": 879,
        "sources": 380,
        "topics": 103,
        "authors": 391,
    }
    assert summary.ignored == ("funders", "publishers")
    assert sum(r["kept_n"] for r in store.read("manifest").to_pylist() if r["entity"] == "works") == store.rows("work")


def test_tables_are_sorted_typed_and_unique(done) -> None:
    store, _ = done
    for name in store.tables():
        spec = schema.table(name)
        for path in store.files(name):
            import pyarrow.parquet as pq

            rows = pq.read_table(path, partitioning=None)
            assert rows.schema.remove_metadata().equals(spec.schema)
            keys = list(zip(*(rows[k].to_pylist() for k in spec.key), strict=True))
            ordered = sorted(keys, key=lambda k: tuple((v is None, v) for v in k))
            assert keys == ordered, name
            if name not in ("work_award", "reject"):
                assert len(set(keys)) == len(keys), name


def test_quirk_counts(done, works) -> None:
    store, _ = done
    expected: Counter[str] = Counter()
    for w in works:
        authors = w["authorships"]
        location = w.get("primary_location")
        venue = w.get("host_venue")
        expected["no-authors"] += not authors
        expected["authors-exactly-100"] += w["listed"] == 100
        expected["authors-over-100"] += w["listed"] > 100
        is_silent = w["listed"] == 100 and not w.get("is_authors_truncated") and (w.get("institutions_distinct_count") or 0) > 100
        expected["authors-truncated"] += bool(w.get("is_authors_truncated")) or is_silent
        expected["authors-cut-without-a-word"] += is_silent
        expected["author-twice"] += w["listed"] - len(authors)
        expected["placeholder-reference"] += len(w["referenced_works"]) - len(w["references"])
        expected["no-doi"] += w["doi"] is None
        expected["no-title"] += w.get("title") is None and w.get("display_name") is None
        expected["no-location"] += location is None and not venue
        expected["host-venue"] += location is None and bool(venue)
        expected["retracted"] += bool(w["is_retracted"])
        expected["paratext"] += bool(w["is_paratext"]) or w["type"] in ("paratext", "journal-issue")
        expected["xpac"] += bool(w.get("is_xpac"))
        expected["self-citation"] += w["id"] in w["referenced_works"]
        expected["old-type"] += w["type"] in ("journal-article", "posted-content", "proceedings-article", "journal-issue")
        expected["wrapped-abstract"] += "InvertedIndex" in (w.get("abstract_inverted_index") or {})
        expected["no-updated-date"] += not w.get("updated_date") and not w.get("updated")
        for a in authors:
            expected["corresponding-unknown"] += a.get("is_corresponding") is None
            expected["no-author-id"] += not (a["author"] or {}).get("id")
            expected["author-without-institution"] += not a["institutions"]
            expected["countries-without-institution"] += bool(a.get("countries")) and not a["institutions"]
            expected["institution-but-no-countries"] += a.get("countries") == [] and bool(a["institutions"])
            expected["author-with-several-institutions"] += len({i["id"] for i in a["institutions"] if i["id"]}) > 1
            expected["one-affiliation-string"] += "raw_affiliation_strings" not in a and a.get("raw_affiliation_string") is not None
            for i in a["institutions"]:
                expected["institution-without-id"] += i["id"] is None
                expected["institution-without-ror"] += i["ror"] is None
                expected["institution-without-country"] += i["country_code"] is None
                expected["institution-without-lineage"] += "lineage" not in i
    found: Counter[str] = Counter()
    for row in store.read("quirk").to_pylist():
        if row["entity"] == "works":
            found[row["quirk"]] += row["occurrences_n"]
    assert {k: found[k] for k in expected} == dict(expected)
    # near the counts that the data's README gives for the larger sample (x 0.85)
    assert found["corresponding-unknown"] == 26_845
    assert found["no-author-id"] == 1_100
    assert (found["self-citation"], found["markup-in-title"], found["authors-truncated"]) == (49, 234, 19)


def test_authorships_against_plain_reading(done, works) -> None:
    store, _ = done
    expected = []
    for w in works:
        for seq, a in enumerate(w["authorships"], start=1):
            last = "last" if seq == len(w["authorships"]) else "middle"
            lines = {s for s in a.get("raw_affiliation_strings") or [a.get("raw_affiliation_string")] if s}
            expected.append(
                (
                    number(w["id"]),
                    seq,
                    number((a["author"] or {}).get("id")),
                    "first" if seq == 1 else last,
                    a.get("is_corresponding"),
                    len(lines),
                    len({i["id"] for i in a["institutions"] if i["id"]}),
                )
            )
    rows = store.read("authorship").select(
        ["work_id", "author_seq", "author_id", "position", "is_corresponding", "n_addresses", "n_author_institutions"]
    )
    assert sorted(zip(*rows.to_pydict().values(), strict=True)) == sorted(expected)


def test_affiliations_against_plain_reading(done, works) -> None:
    store, _ = done
    pairs, matched = set(), Counter()
    for w in works:
        for seq, a in enumerate(w["authorships"], start=1):
            pairs |= {(number(w["id"]), seq, number(i["id"]), i["country_code"]) for i in a["institutions"] if i["id"]}
    table = store.read("affiliation")
    rows = table.to_pylist()
    assert {(r["work_id"], r["author_seq"], r["institution_id"], r["country_code"]) for r in rows if r["institution_id"]} == pairs
    assert {(r["work_id"], r["author_seq"]) for r in rows} == {
        (number(w["id"]), s + 1) for w in works for s in range(len(w["authorships"]))
    }
    first = {(r["work_id"], r["author_seq"], r["institution_id"]) for r in rows if r["institution_id"] and not r["is_repeat"]}
    assert len(first) == len(pairs)
    for r in rows:
        if r["institution_id"]:
            matched[r["work_id"], r["author_seq"], r["address_seq"]] += 1
    for r in rows:
        assert r["n_in_address"] == matched[r["work_id"], r["author_seq"], r["address_seq"]]
    # an author's address lines, each with its institutions, make up the whole author
    share: Counter[tuple[int, int]] = Counter()
    for r in rows:
        by_set = r["address_seq"] == 0 and r["n_author_institutions"] > 0
        share[r["work_id"], r["author_seq"]] += (
            1 / r["n_author_institutions"] if by_set else 1 / max(r["n_addresses"], 1) / max(r["n_in_address"], 1)
        )
    assert all(abs(v - 1) < 1e-9 for v in share.values())


def test_references_against_plain_reading(done, works) -> None:
    store, _ = done
    expected = {(number(w["id"]), number(c), w["publication_year"]) for w in works for c in w["references"] if c != w["id"]}
    assert set(zip(*store.read("citation").to_pydict().values(), strict=True)) == expected
    assert store.rows("citation") == len(expected)


def test_works_against_plain_reading(done, works) -> None:
    store, _ = done
    rows = {r["work_id"]: r for r in store.read("work").to_pylist()}
    for w in works:
        r = rows[number(w["id"])]
        source = ((w.get("primary_location") or {}).get("source") or w.get("host_venue") or {}).get("id")
        topic = w.get("primary_topic") or (w.get("topics") or [None])[0]
        assert r["doi"] == (w["doi"].removeprefix("https://doi.org/").lower() if w["doi"] else None)
        assert r["title"] == w.get("title", w.get("display_name"))
        assert (r["year"], str(r["date"]), r["type_raw"]) == (w["publication_year"], w["publication_date"], w["type"])
        assert (r["source_id"], r["topic_id"]) == (number(source), number(topic["id"] if topic else None))
        assert (r["cited_by_n"], r["n_references"], r["n_authors"]) == (
            w["cited_by_count"],
            len(w["referenced_works"]),
            len(w["authorships"]),
        )
        assert r["is_xpac"] == w.get("is_xpac")
        assert r["has_abstract"] == bool(w.get("abstract_inverted_index") or w.get("abstract") or w.get("has_abstract"))


def test_the_largest_author_list(done) -> None:
    store, _ = done
    work = store.read("work")
    row = work.filter(work["work_id"].to_numpy() == 1694905212).to_pylist()[0]
    assert (row["n_authors"], row["is_authors_truncated"]) == (5_103, False)


def test_abstracts_read_as_text(done, works) -> None:
    store, _ = done
    texts = {r["work_id"]: r["abstract"] for r in store.read("work_abstract").to_pylist()}
    wrapped = next(w for w in works if "InvertedIndex" in (w.get("abstract_inverted_index") or {}))
    assert texts[number(wrapped["id"])].startswith("To address increasing pressures for cancer survivorship care (CSC), provincial")
    assert len(texts) > 9_000
    assert all(t.strip() == t and t for t in texts.values())


def test_warehouse_shape(real_data: Path, tmp_path: Path) -> None:
    store = Store.create(tmp_path / "o")
    folder = real_data / "openalex-warehouse-shape"
    for entity in ("works", "institutions", "sources"):
        summary = ingest(next(folder.glob(f"*{entity}*.jsonl")), store, abstracts=True)
        assert summary.entities[entity] == {"files": 1, "records": 10, "kept": 10, "superseded": 0, "rejected": 0}
    assert store.read("manifest").filter(store.read("manifest")["entity"].to_numpy(zero_copy_only=False) == "works")[
        "schema_generation"
    ].to_pylist() == ["warehouse"]
    assert store.rows("work_abstract") == 7
    assert "entity" in store.read("institution")["origin"].to_pylist()


@pytest.mark.slow
def test_same_bytes_for_any_number_of_workers_and_any_order(real_data: Path, tmp_path: Path, done) -> None:
    one = Store.create(tmp_path / "1")
    ingest(real_data / "openalex", one, abstracts=True, workers=3)
    assert one.digest == done[0].digest
    two = Store.create(tmp_path / "2")
    for entity in ("works", "topics", "sources", "institutions", "authors"):
        ingest(real_data / "openalex" / "data" / entity, two, abstracts=True)
    assert content(two) == content(one)


def test_again_is_a_no_op(real_data: Path, done) -> None:
    store, _ = done
    before = (store.generation, store.digest)
    summary = ingest(real_data / "openalex", store, abstracts=True)
    assert (summary.changed, summary.files_known) == (False, 48)
    assert (store.generation, store.digest) == before
