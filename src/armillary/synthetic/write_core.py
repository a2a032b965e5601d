"""A synthetic world straight into core tables, without JSON between: for benchmarks of ranking and impact at millions of works.

The rows are those that ingesting the JSON snapshot of the same world gives (``tests/synthetic/test_core.py`` compares them).
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from armillary.core import parquet, schema
from armillary.core.store import Store
from armillary.synthetic import places
from armillary.synthetic import works as w_
from armillary.synthetic.catalogue import SOURCE_TYPES
from armillary.synthetic.citations import COUNTED_YEARS, count_citations
from armillary.synthetic.draws import I64, ranges
from armillary.synthetic.entities import GEONAMES_BASE, UPDATED
from armillary.synthetic.fields import DOMAINS, FIELDS
from armillary.synthetic.fragments import FUNDERS_PER_COUNTRY, RAW_TYPES, Fragments, publisher_name
from armillary.synthetic.institutions import TYPES as INSTITUTION_TYPES
from armillary.synthetic.snapshot import parts
from armillary.synthetic.works import MATCHED, NONE, UNMATCHED, Works
from armillary.synthetic.world import (
    AUTHOR_BASE,
    FUNDER_BASE,
    INSTITUTION_BASE,
    LAST_YEAR,
    SOURCE_BASE,
    TOPIC_BASE,
    WORK_BASE,
    World,
)
from armillary.synthetic.write_jsonl import DOI_PREFIX, GENERIC_LINES, Table, author_orcids

WORKS_A_SEGMENT = 100_000
Columns = dict[str, Any]


def to_core(
    store: Store,
    world: World,
    *,
    texts: bool = True,
    tables: tuple[str, ...] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, int]:
    """Write ``world`` as the core tables of ``store`` (replacing what they held); gives the rows of each table.

    ``texts=False`` leaves out DOIs, titles, names, ORCID iDs and times (null), which rankings do not read. ``tables`` limits the tables
    that follow a work, for example ``("work", "affiliation")``. Memory stays at one segment (100,000 works) plus 22 bytes a work for
    citations.
    """
    with tempfile.TemporaryDirectory(dir=store.path) as scratch, store.write() as txn:
        folder = Path(scratch)
        citations = count_citations(world, folder)
        rows: dict[str, int] = {}
        files: dict[str, list[Path]] = {}
        label = hashlib.sha256(f"synthetic {world.works} {world.seed}".encode()).hexdigest()[:12]
        for number, low in enumerate(range(0, world.works, WORKS_A_SEGMENT)):
            high = min(world.works, low + WORKS_A_SEGMENT)
            for name, table in segment(world, citations, low, high, texts=texts).items():
                if (tables is not None and name not in tables) or not table.num_rows:
                    continue
                path = folder / name / f"{label}-{number:04d}.parquet"
                path.parent.mkdir(exist_ok=True)
                parquet.write(name, table, path)
                files.setdefault(name, []).append(path)
                rows[name] = rows.get(name, 0) + table.num_rows
            if progress:
                progress(high, world.works)
        for name, paths in files.items():
            txn.set_files(name, paths)
        for name, table in entity_tables(world).items():
            txn.replace(name, table)
            rows[name] = table.num_rows
    places.write_registry(world, store.path / "registry")
    return rows


def segment(world: World, citations: Table, low: int, high: int, *, texts: bool = True) -> dict[str, pa.Table]:
    """Core tables of the works ``low`` to ``high - 1``, conforming and in order."""
    w = w_.make(world, np.arange(low, high))
    author_seq = np.arange(len(w.a_work)) - w.starts[w.a_work] + 1
    count, columns = _affiliations(world, w)
    found: dict[str, Columns] = {
        "work": _work(world, w, citations, texts),
        "authorship": _authorship(world, w, author_seq, texts),
        "affiliation": _spread(w, author_seq, count, columns),
        "author_country": _author_country(world, w, author_seq),
        "citation": _citation(w),
        "work_topic": _pairs(w, w.topics.astype(np.int64) + TOPIC_BASE, w.topics >= 0, "topic_id", w.scores),
        "work_sdg": _pairs(w, w.sdg.astype(np.int64), w.sdg > 0, "sdg_id", w.sdg_score),
        "work_citation_year": _citation_years(w, citations),
        "work_award": _awards(world, w),
    }
    return {name: parquet.conform(name, pa.table(c)) for name, c in found.items()}


def _names(values: list[str] | tuple[str, ...], index: npt.NDArray[np.integer], known: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """Strings by index; null where not ``known``."""
    at = pa.array(index, mask=None if known is None else ~known)
    return pa.DictionaryArray.from_arrays(at, pa.array(values, pa.string())).cast(pa.string())


def _work(world: World, w: Works, citations: Table, texts: bool) -> Columns:
    topic = w.topics[:, 0].astype(np.int64)
    field = np.array([f.field_id for f in FIELDS])
    domain = np.array([f.domain_id for f in FIELDS])
    start = np.array([f"{y}-01-01" for y in range(2000, LAST_YEAR + 2)], "datetime64[D]").astype(np.int64)
    leap = np.array([y % 4 == 0 for y in range(2000, LAST_YEAR + 2)])
    day = start[w.year - 2000] + w.day + (leap[w.year - 2000] & (w.day >= 59))
    corresponding = np.bincount(w.a_work[w.corresponding == 1], minlength=len(w))
    kinds = _names(w_.TYPES, w.type)
    columns = {
        "work_id": w.i + WORK_BASE,
        "year": w.year,
        "date": pa.array(day.astype(np.int32)).cast(pa.date32()),
        "type": kinds,
        "type_raw": kinds,
        "raw_type": _names([*RAW_TYPES, "other"], np.where(w.source < 0, len(RAW_TYPES), world.sources.type[w.source])),
        "language": _names(w_.LANGUAGES, w.language),
        "source_id": pa.array(w.source + SOURCE_BASE, mask=w.source < 0),
        "topic_id": topic + TOPIC_BASE,
        "subfield_id": np.array(world.topics.subfield_ids)[topic // 3],
        "field_id": field[w.field],
        "domain_id": domain[w.field],
        "is_retracted": w.is_retracted,
        "is_paratext": w.type == w_.TYPES.index("paratext"),
        "is_xpac": w.is_xpac,
        "n_authors": w.n_authors,
        "n_corresponding": corresponding,
        "is_authors_truncated": np.zeros(len(w), bool),
        "n_references": w.n_references,
        "cited_by_n": citations[w.i].sum(axis=1, dtype=np.int64),
        "oa_status": _names(w_.OA_STATUS, w.oa),
        "has_abstract": w.has_abstract,
        "is_sdg_classified": np.ones(len(w), bool),
    }
    if texts:
        pool = Fragments(world).texts
        titles = [t for per_topic in pool.plain_titles for t in per_topic]
        variant = (world.draws.bits("title", w.i) % np.uint64(8)).astype(np.int64)
        updated = {i: p.updated for p in parts(world) for i in (p.number,)}
        size = parts(world)[0].high
        columns |= {
            "doi": pa.array([f"{DOI_PREFIX}/synthetic.{i}" for i in w.i.tolist()], mask=~w.has_doi),
            "title": _names(titles, topic * 8 + variant),
            "updated_date": [f"{updated[i // size]}T03:14:15.{i % 1_000_000:06d}" for i in w.i.tolist()],
        }
    return columns


def _authorship(world: World, w: Works, seq: I64, texts: bool) -> Columns:
    last = (seq == w.n_authors[w.a_work]) & (seq > 1)
    columns: Columns = {
        "work_id": w.i[w.a_work] + WORK_BASE,
        "author_seq": seq,
        "author_id": pa.array(w.author + AUTHOR_BASE, mask=w.author < 0),
        "position": _names(("first", "middle", "last"), np.where(seq == 1, 0, np.where(last, 2, 1))),
        "is_corresponding": pa.array(w.corresponding == 1, mask=w.corresponding < 0),
        "n_addresses": (w.a_kind > NONE).astype(np.int16) + (w.inst_second >= 0),
        "n_author_institutions": _distinct(w),
    }
    if texts:
        given, family = world.people.name_index(np.abs(w.author))
        columns["author_name"] = pc.binary_join_element_wise(_names(world.people.given, given), _names(world.people.family, family), " ")
        columns["orcid"] = pa.array(author_orcids(world, w), pa.string())
    return columns


def _distinct(w: Works) -> I64:
    """Distinct matched institutions of each author."""
    second = (w.inst_second >= 0) & (w.inst_second != w.inst_parent)
    return np.asarray((w.inst >= 0).astype(np.int64) + (w.inst_parent >= 0) + second)


def _affiliations(world: World, w: Works) -> tuple[I64, Columns]:
    """Rows of each author, and the columns of all rows."""
    matched = w.a_kind == MATCHED
    has_parent, has_second = matched & (w.inst_parent >= 0), matched & (w.inst_second >= 0)
    count = 1 + has_parent.astype(np.int64) + has_second
    author, place = ranges(count)
    # rows of an author: the first line (one or two institutions, by id), then the second line
    low, high = np.minimum(w.inst, w.inst_parent), np.maximum(w.inst, w.inst_parent)
    first = np.where(has_parent, low, w.inst)[author]
    is_second = (place == count[author] - 1) & has_second[author]
    institution = np.where(is_second, w.inst_second[author], np.where(place == 0, first, high[author]))
    p = Fragments(world)
    hashes = _hashes(p.line), _hashes(p.line_with_parent), _hashes(GENERIC_LINES)
    line = np.where(has_parent[author], hashes[1][w.inst[author]], hashes[0][w.inst[author]])
    line = np.where(is_second, hashes[0][w.inst_second[author]], line)
    kind = w.a_kind[author]
    line = np.where(kind == UNMATCHED, hashes[2][(w.word & np.uint64(3)).astype(np.int64)[author]], line)
    known = institution >= 0
    return count, {
        "address_seq": np.where(kind == NONE, 0, np.where(is_second, 2, 1)),
        "institution_id": pa.array(institution + INSTITUTION_BASE, mask=~known),
        "country_code": _names(world.geo.codes, world.inst.country[institution], known),
        "raw_hash": pa.array(line, mask=kind == NONE),
        "n_in_address": np.where(kind != MATCHED, 0, np.where(is_second | ~has_parent[author], 1, 2)),
        "is_repeat": is_second & (institution == w.inst_parent[author]),
    }


def _spread(w: Works, seq: I64, count: I64, columns: Columns) -> Columns:
    """Affiliation rows with what they repeat from the authorship."""
    author, _ = ranges(count)
    return {
        "work_id": (w.i[w.a_work] + WORK_BASE)[author],
        "author_seq": seq[author],
        **columns,
        "n_addresses": ((w.a_kind > NONE).astype(np.int16) + (w.inst_second >= 0))[author],
        "n_author_institutions": _distinct(w)[author],
        "is_corresponding": pa.array((w.corresponding == 1)[author], mask=(w.corresponding < 0)[author]),
    }


def _hashes(lines: list[str] | tuple[str, ...]) -> I64:
    """Hash of each quoted line, as ingest makes it."""
    raw = b"".join(hashlib.sha256(line[1:-1].encode()).digest()[:8] for line in lines)
    return np.frombuffer(raw, dtype=">i8").astype(np.int64)


def _author_country(world: World, w: Works, seq: I64) -> Columns:
    rows = np.flatnonzero(w.country_only >= 0)
    return {
        "work_id": (w.i[w.a_work] + WORK_BASE)[rows],
        "author_seq": seq[rows],
        "country_code": _names(world.geo.codes, w.country_only[rows]),
    }


def _citation(w: Works) -> Columns:
    inside = np.repeat(np.arange(len(w)), w.n_references - w.n_outside)
    outside = np.repeat(np.arange(len(w)), w.n_outside)
    packed = np.concatenate([inside << 44 | (w.targets + WORK_BASE), outside << 44 | w.outside])
    packed = np.unique(packed)
    work = packed >> 44
    return {"citing_id": w.i[work] + WORK_BASE, "cited_id": packed & ((1 << 44) - 1), "citing_year": w.year[work]}


def _pairs(w: Works, ids: I64, known: npt.NDArray[np.bool_], name: str, scores: npt.NDArray[np.float64]) -> Columns:
    work = np.repeat(np.arange(len(w)), known.sum(axis=1))
    return {"work_id": w.i[work] + WORK_BASE, name: ids[known], "score": scores[known].astype(np.float32)}


def _citation_years(w: Works, citations: Table) -> Columns:
    table = citations[w.i][:, :COUNTED_YEARS].astype(np.int64)
    work, back = np.nonzero(table)
    return {"work_id": w.i[work] + WORK_BASE, "year": LAST_YEAR - back, "cited_by_n": table[work, back]}


def _awards(world: World, w: Works) -> Columns:
    rows = np.flatnonzero(w.award >= 0)
    funder = w.award[rows] % (FUNDERS_PER_COUNTRY * world.n_countries)
    return {
        "work_id": w.i[rows] + WORK_BASE,
        "funder_id": funder + FUNDER_BASE,
        "name": _names(Fragments(world).funder_names, funder),
        "award_id": [f"SYN-{a}" for a in w.award[rows].tolist()],
    }


def entity_tables(world: World) -> dict[str, pa.Table]:
    """Institutions, their parents, sources and topics."""
    found: dict[str, list[Columns]] = {
        "institution": list(_institutions(world)),
        "institution_parent": list(_parents(world)),
        "source": list(_sources(world)),
        "topic": list(_topics(world)),
    }
    return {name: pa.Table.from_pylist(rows, schema=schema.table(name).schema) for name, rows in found.items()}


def _institutions(world: World) -> Iterator[Columns]:
    inst, geo = world.inst, world.geo
    for k in range(len(inst)):
        city, located = int(inst.city[k]), inst.is_located[k]
        yield {
            "institution_id": INSTITUTION_BASE + k,
            "ror_id": inst.ror[k],
            "name": inst.name[k],
            "institution_type": INSTITUTION_TYPES[inst.type[k]],
            "country_code": geo.codes[inst.country[k]],
            "city": geo.city_names[city],
            "geonames_id": GEONAMES_BASE + city,
            "lat_deg": float(inst.lat[k]) if located else None,
            "lon_deg": float(inst.lon[k]) if located else None,
            "place_origin": "openalex",
            "origin": "entity",
            "updated_date": UPDATED,
        }


def _parents(world: World) -> Iterator[Columns]:
    for k, lineage in enumerate(world.inst.lineage):
        for above in sorted(lineage[1:]):
            yield {"institution_id": INSTITUTION_BASE + k, "parent_id": INSTITUTION_BASE + above, "relation": "lineage"}


def _sources(world: World) -> Iterator[Columns]:
    s = world.sources
    for k in range(len(s)):
        yield {
            "source_id": SOURCE_BASE + k,
            "name": s.name[k],
            "source_type": SOURCE_TYPES[s.type[k]],
            "issn_l": s.issn_l[k],
            "issns": ";".join(sorted(s.issns[k])),
            "publisher": publisher_name(int(s.publisher[k])),
            "is_core_listed": bool(s.is_core[k]),
            "origin": "entity",
            "updated_date": UPDATED,
        }


def _topics(world: World) -> Iterator[Columns]:
    topics = world.topics
    for t, name in enumerate(topics.name):
        s, f = topics.subfield(t), FIELDS[topics.field(t)]
        yield {
            "topic_id": TOPIC_BASE + t,
            "name": name,
            "subfield_id": topics.subfield_ids[s],
            "subfield_name": topics.subfield_name[s],
            "field_id": f.field_id,
            "field_name": f.name,
            "domain_id": f.domain_id,
            "domain_name": DOMAINS[f.domain_id],
            "origin": "entity",
            "updated_date": UPDATED,
        }
