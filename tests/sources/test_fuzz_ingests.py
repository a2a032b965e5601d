"""Mutated inputs of every ingest of tables and records: one clear error or a full account, never a traceback and never a silent loss.

The fast test gives each shape 40 inputs, the slow one 2,000
(``FUZZ_MUTATIONS``).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from armillary.core.store import Store
from armillary.errors import ArmillaryError
from armillary.sources.classification.ingest import ingest_classification
from armillary.sources.collaboration import ingest as ingest_pairs
from armillary.sources.contributions import ingest as ingest_contributions
from armillary.sources.deals.ingest import ingest_deals
from armillary.sources.patents.ingest import ingest_patents
from armillary.sources.policy.ingest import ingest_policy
from armillary.sources.retractions import read_retraction_list
from armillary.sources.ror.ingest import ingest as ingest_ror

MUTATIONS = int(os.environ.get("FUZZ_MUTATIONS", "2000"))
FEW = 40
"""Inputs of each shape in the fast test."""
JUNK = [
    b"\0",
    b"\xff",
    b'"',
    b"\n",
    b"\r",
    b";",
    b",",
    b"|",
    b"\t",
    b"{",
    b"}",
    b"[",
    b"\\",
    b"@",
    b"NaN",
    b"1e999",
    b"\xef\xbb\xbf",
    b"9" * 30,
    b"%",
    b"$",
]

PATENTS = (
    b"id,year,inventor,lat,lon,country,is_pct\n"
    + b'P1,2020,"a, b",35.7,139.7,JP,1\nP2,2021-05-03,c,"48,1",11.5,Germany,no\nP3,,d,,,US,\n' * 3
)
DEALS = b"deal_id;date;latitude;longitude;country;amount\n" + b"d1;2024-02-01;37,8;-122,3;US;1.500,5\nd2;2020;1;2;UK;$5 million\n" * 3
PAIRS = b"year,country_a,country_b,works\n" + b'2020,CN,US,10\n2020,"Korea, Rep.",US,1\n2019,NA,ZA,3\n'
POLICY = b"policy_id,doi,title,country,year\n" + b'p1,10.1000/a1,"T, one",DE,2020\np2,"10.1000/b1; 10.1000/c1",U,France,2021\n' * 2
BIBTEX = rb"""@article{a, title = {T{\"u} one}, doi = {10.1000/a1}, year = 2020}
@book(b, url = "https://doi.org/10.1000/b1") @misc{c, doi={10.1000/x{\textless}1}}
"""
OVERTON = json.dumps(
    {"policy_document_id": "p1", "title": "T", "source": {"country": "UK"}, "cites": {"scholarly": [{"doi": "10.1000/a1"}]}}
).encode()
RIS = b"TY  - JOUR\nTI  - A\nDO  - 10.1000/a1\nER  - \n\nTY  - RPRT\nUR  - https://doi.org/10.1000/b1\nER  - \n"
MEDLINE = b"PMID- 1\nTI  - A\nLID - 10.1000/a1 [doi]\n\nPMID- 2\nAID - 10.1000/b1 [doi]\n"
CSL = b'[{"id": "a", "type": "article-journal", "DOI": "10.1000/a1"}, {"id": "b", "type": "book", "title": "B"}]'
CREDIT = b"\n".join(
    json.dumps(r).encode()
    for r in (
        {
            "doi": "10.1000/a1",
            "title": "T",
            "authors": ["Ann Bee", "Cy Dee"],
            "contribution": "A.B.: Supervision (lead); Software. C.D. wrote the paper.",
        },
        {"doi": None, "title": "U", "authors": ["Eva Fox"], "contribution": "E.F. contributed equally."},
    )
)
ROR_RECORD = {
    "id": "https://ror.org/042nb2s44",
    "names": [{"value": "O", "types": ["ror_display"]}],
    "types": ["education"],
    "status": "active",
    "locations": [{"geonames_id": 1, "geonames_details": {"country_code": "FR", "name": "Lyon", "lat": 45.7, "lng": 4.8}}],
    "relationships": [{"type": "parent", "id": "https://ror.org/013meh722"}],
    "admin": {"last_modified": {"date": "2025-01-01"}},
}
ROR = b"\n".join(json.dumps(ROR_RECORD | {"id": f"https://ror.org/{i}"}).encode() for i in ("042nb2s44", "013meh722", "03vek6s52"))
RETRACTIONS = (
    b"RetractionDate,OriginalPaperDOI,RetractionNature\n1/13/2020 0:00,10.1000/a1,Retraction\n1/14/2020,10.1000/b1,Reinstatement\n"
)


CLASSES = b"work_id,class,class_name\n" + b'W1,01,"a, b"\nhttps://openalex.org/W2,1,c\n3,NA,\nW4,x,\nW4,y,\n' * 2


@pytest.fixture(autouse=True)
def _without_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a power cut would leave is tried elsewhere; here a fifth of the time would be spent on it."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def classification(store: Store, path: Path) -> None:
    done = ingest_classification(store, path, name="mine")
    assert done.records == done.kept + done.repeated + sum(done.rejected.values())
    accounted(store)


def patents(store: Store, path: Path) -> None:
    done = ingest_patents(store, path)
    assert done.rows == done.inventors + done.repeated + sum(done.rejected.values())
    accounted(store)


def deals(store: Store, path: Path) -> None:
    done = ingest_deals(store, path)
    assert done.rows == done.deals + done.repeated + sum(done.rejected.values())
    accounted(store)


def policy(store: Store, path: Path) -> None:
    done = ingest_policy(store, path)
    assert done.read == done.kept + done.repeated + sum(done.rejected.values())
    accounted(store)


def pairs(store: Store, path: Path) -> None:
    ingest_pairs(store, [path])
    accounted(store)


def contributions(store: Store, path: Path) -> None:
    done = ingest_contributions(store, [path])
    assert done["statements"] + done["rejected"] == sum(r["records_n"] for r in store.read("manifest").to_pylist())
    accounted(store)


def ror(store: Store, path: Path) -> None:
    ingest_ror(path, store)
    accounted(store)


def retractions(_: Store, path: Path) -> None:
    read_retraction_list(path)


def accounted(store: Store) -> None:
    for row in store.read("manifest").to_pylist():
        assert row["records_n"] == row["kept_n"] + row["superseded_n"] + row["rejected_n"], row


READERS: list[tuple[str, Callable[[Store, Path], Any], str, bytes]] = [
    ("patents", patents, "p.csv", PATENTS),
    ("deals", deals, "d.csv", DEALS),
    ("pairs", pairs, "c.csv", PAIRS),
    ("policy-table", policy, "t.csv", POLICY),
    ("policy-bibtex", policy, "m.bib", BIBTEX),
    ("policy-overton", policy, "o.json", OVERTON),
    ("policy-ris", policy, "r.ris", RIS),
    ("policy-medline", policy, "m.nbib", MEDLINE),
    ("policy-csl", policy, "c.json", CSL),
    ("contributions", contributions, "c.jsonl", CREDIT),
    ("ror", ror, "r.jsonl", ROR),
    ("retractions", retractions, "w.csv", RETRACTIONS),
    ("classification", classification, "k.csv", CLASSES),
    ("classification-parquet", classification, "k.parquet", CLASSES),
]
USE_DUCKDB = ("patents.ingest", "deals.ingest", "classification.ingest")


def mutated(data: bytes, draw: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(out) + 1)
        match draw.randrange(6):
            case 0 if at < len(out):
                out[at] ^= 1 << draw.randrange(8)
            case 1:
                out[at:at] = draw.choice(JUNK)
            case 2:
                del out[at : at + draw.randint(1, 12)]
            case 3:
                end = min(len(out), at + draw.randint(1, 40))
                out[at:at] = out[at:end]
            case 4:
                del out[at:]
            case _:
                piece = draw.choice(JUNK)
                out[at : at + len(piece)] = piece
        out = out or bytearray(b"\n")
    return bytes(out)


def as_parquet(data: bytes, draw: random.Random) -> bytes:
    """The records of a mutated table as Parquet, in types of any kind; at times with damage of its bytes too."""
    rows = list(csv.reader(io.StringIO(data.decode("latin-1").replace("\0", ""), newline=""), strict=False))
    width = max(1, *(len(r) for r in rows))
    names, *values = [[*r, *[None] * (width - len(r))] for r in rows] or [["work_id"]]
    columns = []
    for n in range(width):
        texts = [r[n] if r[n] != "" or draw.random() < 0.5 else None for r in values]
        kind = draw.choice([pa.int64(), pa.float64(), pa.binary(), pa.large_string(), pa.dictionary(pa.int32(), pa.string()), pa.string()])
        try:
            columns.append(pa.array(texts, pa.string()).cast(kind))
        except pa.ArrowInvalid:
            columns.append(pa.array(texts, pa.string()))
    out = io.BytesIO()
    pq.write_table(pa.table(columns, names=[n if n is not None else f"more{i}" for i, n in enumerate(names)]), out, compression="none")
    return mutated(out.getvalue(), draw) if draw.random() < 0.3 else out.getvalue()


def packed(path: Path, data: bytes, draw: random.Random) -> Path:
    """Plain, gzipped or zipped; at times with the damage in the archive."""
    if path.suffix == ".parquet":
        path.write_bytes(as_parquet(data, draw))
        return path
    how = draw.randrange(4)
    if how == 1:
        path = path.with_name(path.name + ".gz")
        data = gzip.compress(data, mtime=0)
    elif how == 2:
        with zipfile.ZipFile(path.with_suffix(".tmp"), "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(path.name), data)
        data, path = path.with_suffix(".tmp").read_bytes(), path.with_name(path.name + ".zip")
    if how in (1, 2) and draw.random() < 0.3:
        data = mutated(data, draw)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("reader", "name", "data"), [r[1:] for r in READERS], ids=[r[0] for r in READERS])
def test_mutated_inputs(tmp_path: Path, reader: Callable[[Store, Path], Any], name: str, data: bytes) -> None:
    try_many(tmp_path, reader, name, data, FEW)


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """One DuckDB for all inputs of the long test: to start and stop one for each takes a third of its time."""
    with duckdb.connect(config={"preserve_insertion_order": True}) as con:
        yield con


@pytest.fixture
def _one_engine(engine: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def connect(_: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        with engine.cursor() as con:
            try:
                yield con
            finally:
                made = (
                    "SELECT 'VIEW', view_name FROM duckdb_views() WHERE NOT internal "
                    "UNION ALL SELECT 'TABLE', table_name FROM duckdb_tables()"
                )
                for kind, name in con.execute(made).fetchall():
                    con.execute(f'DROP {kind} IF EXISTS "{name}"')

    for module in USE_DUCKDB:
        monkeypatch.setattr(f"armillary.sources.{module}.connect", connect)


@pytest.mark.slow  # a sixth of a second of work an input where the reader uses DuckDB
@pytest.mark.usefixtures("_one_engine")
@pytest.mark.parametrize(("reader", "name", "data"), [r[1:] for r in READERS], ids=[r[0] for r in READERS])
def test_many_mutated_inputs(tmp_path: Path, reader: Callable[[Store, Path], Any], name: str, data: bytes) -> None:
    try_many(tmp_path, reader, name, data, MUTATIONS)


def try_many(tmp_path: Path, reader: Callable[[Store, Path], Any], name: str, data: bytes, mutations: int) -> None:
    """One clear error or a full account for each of so many mutations of ``data``."""
    draw = random.Random(f"{name}{len(data)}")
    read = 0
    for n in range(mutations):
        folder = tmp_path / f"{n}"
        folder.mkdir()
        path = packed(folder / f"q[{n}]{name}", mutated(data, draw), draw)
        try:
            reader(Store.create(folder / "obs"), path)
            read += 1
        except ArmillaryError as error:
            assert "\n" not in error.line and len(error.line) < 1000
        shutil.rmtree(folder)
    assert read > mutations * 0.2, "most mutations leave something to read"
