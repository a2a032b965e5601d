"""The Parquet snapshot: bytes read beside the bytes of the leaves that are needed, and DuckDB reading the nested columns.

Two comparisons: reading alone (the needed leaves; nothing is written), and the whole way to the same flat tables as Parquet (work,
authorship, affiliation, citation, topics, goals, citation years, awards). Bytes are what the process asked the operating system for
(``rchar``), so a warm page cache does not flatter anybody.

    python benchmarks/parquet_ingest.py --works 100000 --json out.json
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Job = Callable[[list[Path], Path], int]


def ours(files: list[Path], out: Path) -> int:
    """Leaves to segments: everything but the merge with other files, which DuckDB does not do either."""
    from armillary.sources.openalex.plan import Part
    from armillary.sources.openalex.worker import process

    results = [process(Part(f, f.name, "works"), out, frozenset(), abstracts=False, report=lambda *_: None) for f in files]
    return sum(r.records_n for r in results)


def leaves_only(files: list[Path], out: Path) -> int:
    """Limit: decode the leaves and do nothing with them."""
    import pyarrow.parquet as pq

    from armillary.sources.openalex import leaves

    n = 0
    for f in files:
        file = pq.ParquetFile(f, pre_buffer=False)
        paths = leaves.find(file, leaves.WORKS, leaves.WORKS_IF_THERE, f)
        n += sum(b.num_rows for b in file.iter_batches(batch_size=8192, columns=paths, use_threads=False))
    return n


NUMBER = "try_cast(substr({}, 23) AS BIGINT)"
TABLES = {
    "work": f"""SELECT {NUMBER.format("id")} work_id, doi, title, publication_year, publication_date, type, language,
        {NUMBER.format("primary_location.source.id")} source_id, primary_topic.id topic, primary_topic.subfield.id subfield,
        primary_topic.field.id field, primary_topic.domain.id domain, is_retracted, is_paratext, is_xpac, len(authorships) n_authors,
        len(referenced_works) n_references, cited_by_count, open_access.oa_status oa_status, updated_date FROM works ORDER BY 1""",
    "authorship": f"""SELECT {NUMBER.format("id")} work_id, k author_seq, {NUMBER.format("a.author.id")} author_id,
        coalesce(a.raw_author_name, a.author.display_name) author_name, a.author.orcid orcid, a.is_corresponding
        FROM (SELECT id, unnest(authorships) a, generate_subscripts(authorships, 1) k FROM works) ORDER BY 1, 2""",
    "affiliation": f"""SELECT {NUMBER.format("id")} work_id, k author_seq, j address_seq, {NUMBER.format("link")} institution_id,
        hash(raw) raw_hash FROM (SELECT id, k, j, f.raw_affiliation_string raw, unnest(f.institution_ids) link FROM (
          SELECT id, k, unnest(a.affiliations) f, generate_subscripts(a.affiliations, 1) j FROM (
            SELECT id, unnest(authorships) a, generate_subscripts(authorships, 1) k FROM works))) ORDER BY 1, 2, 3, 4""",
    "citation": f"""SELECT {NUMBER.format("id")} citing_id, {NUMBER.format("c")} cited_id, publication_year citing_year
        FROM (SELECT id, publication_year, unnest(referenced_works) c FROM works) ORDER BY 1, 2""",
    "work_topic": f"SELECT {NUMBER.format('id')} work_id, t.id topic, t.score FROM (SELECT id, unnest(topics) t FROM works) ORDER BY 1, 2",
    "work_sdg": f"""SELECT {NUMBER.format("id")} work_id, g.id goal, g.score
        FROM (SELECT id, unnest(sustainable_development_goals) g FROM works) ORDER BY 1, 2""",
    "work_citation_year": f"""SELECT {NUMBER.format("id")} work_id, y.year, y.cited_by_count
        FROM (SELECT id, unnest(counts_by_year) y FROM works) ORDER BY 1, 2""",
    "work_award": f"""SELECT {NUMBER.format("id")} work_id, w.funder_id, w.funder_display_name, w.funder_award_id
        FROM (SELECT id, unnest(awards) w FROM works) ORDER BY 1""",
}
"""The same tables as SQL over the nested columns (without the mentions of entities, which are ours alone)."""


def duckdb_nested(files: list[Path], out: Path) -> int:
    import duckdb

    n = 0
    connection = duckdb.connect(config={"threads": 1})
    for k, f in enumerate(files):
        connection.execute(f"CREATE OR REPLACE VIEW works AS SELECT * FROM read_parquet('{f}')")
        for name, query in TABLES.items():
            connection.execute(f"COPY ({query}) TO '{out / f'{name}-{k}.parquet'}' (FORMAT parquet, COMPRESSION zstd)")
        n += connection.execute("SELECT count(*) FROM works").fetchall()[0][0]
    return n


READS = {
    "authorships": "a.author.id, a.author.display_name, a.author.orcid, a.raw_author_name, a.is_corresponding, a.countries, "
    "a.institutions, a.affiliations, a.raw_affiliation_strings",
    "topics": "a.id, a.score, a.display_name, a.subfield.id, a.field.id, a.domain.id",
    "referenced_works": "a",
    "counts_by_year": "a.year, a.cited_by_count",
    "sustainable_development_goals": "a.id, a.score",
    "awards": "a.funder_id, a.funder_display_name, a.funder_award_id",
}
FLAT = (
    "id, doi, title, publication_year, publication_date, type, language, primary_location.source, primary_topic.id, is_retracted, "
    "is_paratext, is_xpac, cited_by_count, open_access.oa_status, updated_date"
)


def duckdb_read(files: list[Path], out: Path) -> int:
    """DuckDB reads the same fields out of the nested columns and hands them over as Arrow, as our reader does."""
    import duckdb

    n = 0
    connection = duckdb.connect(config={"threads": 1})
    for f in files:
        source = f"read_parquet('{f}')"
        n += sum(b.num_rows for b in connection.sql(f"SELECT {FLAT} FROM {source}").to_arrow_reader(8192))
        for column, fields in READS.items():
            rows = connection.sql(f"SELECT {fields} FROM (SELECT unnest({column}) a FROM {source})").to_arrow_reader(8192)
            for _ in rows:
                pass
    return n


WAYS: list[tuple[str, Job]] = [
    ("read: armillary, the needed leaves", leaves_only),
    ("read: DuckDB, the same out of the nested columns", duckdb_read),
    ("whole: armillary, to core tables", ours),
    ("whole: DuckDB, the same tables", duckdb_nested),
]


def _bytes_read() -> int:
    return int(next(line for line in Path("/proc/self/io").read_text().splitlines() if line.startswith("rchar")).split()[1])


def _child(job: Job, files: list[Path], out: Path, pipe: Any) -> None:
    job(files[:1], out / "warm") if (out / "warm").mkdir() is None else None  # imports and caches are not the subject
    before, started = _bytes_read(), time.perf_counter()
    cpu = resource.getrusage(resource.RUSAGE_SELF)
    target = out / "timed"
    target.mkdir()
    n = job(files, target)
    after = resource.getrusage(resource.RUSAGE_SELF)
    # not ru_maxrss: a process inherits that of the one that started it
    peak = next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    pipe.send(
        {
            "works": n,
            "wall_s": time.perf_counter() - started,
            "bytes_read": _bytes_read() - before,
            "cpu_s": after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime,
            "peak_mib": peak / 1024,
        }
    )


def measure(job: Job, files: list[Path]) -> dict[str, float]:
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as out:
        mine, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_child, args=(job, files, Path(out), theirs))
        process.start()
        theirs.close()
        result: dict[str, float] = mine.recv()
        process.join()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--works", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3, help="the run with the least CPU time counts")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    import pyarrow.parquet as pq

    from armillary.sources.openalex import leaves
    from armillary.synthetic import World
    from armillary.synthetic.beside import write_world

    with tempfile.TemporaryDirectory() as folder:
        write_world(World(arguments.works, 1), Path(folder), layout="parquet")
        files = sorted(Path(folder).glob("data/**/works/*/*.parquet"))
        needed = everything = footers = 0
        for f in files:
            file = pq.ParquetFile(f)
            mine, whole = leaves.leaf_bytes(file, leaves.find(file, leaves.WORKS, leaves.WORKS_IF_THERE, f))
            needed, everything, footers = needed + mine, everything + whole, footers + file.metadata.serialized_size
        figures: dict[str, Any] = {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "files": len(files),
            "leaf_bytes": needed,
            "file_bytes": everything,
            "footer_bytes": footers,
            "ways": {},
        }
        for name, job in WAYS:
            figures["ways"][name] = min((measure(job, files) for _ in range(arguments.repeat)), key=lambda r: r["cpu_s"])
            print(f"  done: {name}", file=sys.stderr)
    size = f"needed leaves {needed / 1e6:,.1f} of {everything / 1e6:,.1f} MB"
    print(f"{arguments.works:,} works; {size}; one process each; {figures['machine']}")
    print(f"{'way':<50}{'works/s':>10}{'per CPU s':>11}{'CPU s':>8}{'peak MiB':>10}{'MB read':>10}{'read/needed':>13}")
    for name, r in figures["ways"].items():
        print(
            f"{name:<50}{r['works'] / r['wall_s']:>10,.0f}{r['works'] / r['cpu_s']:>11,.0f}{r['cpu_s']:>8.1f}{r['peak_mib']:>10,.0f}"
            f"{r['bytes_read'] / 1e6:>10,.1f}{r['bytes_read'] / needed:>13.2f}"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
