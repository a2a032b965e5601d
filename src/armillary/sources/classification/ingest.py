"""``armillary ingest classification``: works and their classes, at one level or several, with every refusal counted.

One row a work with its class (``work_id, class``), with a column ``level`` for several levels in rows, or a column a level
(``micro_cluster_id, meso_cluster_id`` or ``topic_id, field_id``); names stand in ``class_name``, ``micro_cluster_name``, ``topic_label``.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from armillary.core import guarded
from armillary.core.schema import table as table_of
from armillary.core.store import Store
from armillary.errors import InputError, UsageError
from armillary.sources.bookkeeping import FileLog, examples, reasons_of, write_log
from armillary.sources.delimited import Opened, arrow, connect, open_file, text_sql
from armillary.sources.files import find_files
from armillary.sources.values.missing import MARKS
from armillary.sources.values.table import fold_name

ENTITY = "classification"
WORK = ("work_id", "work", "openalex_id", "paper_id", "id")
CLASS = ("class", "class_id", "cluster", "cluster_id", "cluster_no")
NAME = ("class_name", "class_label", "cluster_name", "cluster_label", "name", "label")
ONE_LEVEL = "class"
"""What the level is called where the file does not say."""
_LEVEL = re.compile(r"([a-z][a-z0-9]*?)_?(?:cluster_?)?(?:id|no)")
_OWN = ("topic", "subfield", "field", "domain")
_NAMED = re.compile(r"[A-Za-z][\w-]{0,63}", re.ASCII)
_ID = r"^\s*(?:https?://(?:[\w-]+\.)*openalex\.org/(?:works/)?)?[Ww]?(\d{1,18})(?:\.0)?/?\s*$"


@dataclass
class ClassificationReport:
    """What an ingest did. ``records`` (classes given to works) = ``kept`` + ``repeated`` + the sum of ``rejected``.

    ``levels``: by name ``{"works", "classes", "works_here"}``; ``works_here`` are in the observatory now.
    """

    name: str = ""
    records: int = 0
    kept: int = 0
    repeated: int = 0
    levels: dict[str, dict[str, int]] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Columns:
    """SQL names: the work, the level (None: one a column), and by level the class and its name."""

    work: str
    level: str | None
    levels: tuple[tuple[str, str, str | None], ...]


def ingest_classification(store: Store, path: Path, *, name: str) -> ClassificationReport:
    """Read a table of works and classes and keep it under ``name``, in place of an earlier one of that name.

    :class:`UsageError` for a name that is none, :class:`InputError` for a file without works and classes.
    """
    if not _NAMED.fullmatch(name) or name in _OWN:
        raise UsageError(f"'{name}' is no name for a classification", fix="use letters, digits, _ and -, and none of OpenAlex's own levels")
    find_files(path, (".csv",), wanted="give a CSV or Parquet file of works and classes")
    if path.is_dir():
        raise InputError("this is a folder", where=path, fix="give one file of works and classes")
    report, log = ClassificationReport(name), FileLog(path, name)
    with tempfile.TemporaryDirectory() as scratch, connect(Path(scratch)) as con:
        (Path(scratch) / "texts").mkdir()
        source = _opened(con, path, Path(scratch) / "texts")
        at = _columns(source, path)
        for line, reason, what in source.broken:
            log.reject(line, reason, what)
        table = _read(con, at, log)
        if not table.num_rows:
            first = next((f"{reason}, {what}" for _, reason, what in log.rejects), "the table has no rows")
            raise InputError(f"no row gives a work and its class ({first})", where=path, fix="give work_id (W123) and class")
        report.levels = _counts(con, store)
    log.records = log.kept + log.superseded + len(log.rejects)
    report.records, report.kept, report.repeated = log.records, log.kept, log.superseded
    report.rejected, report.notes = reasons_of([log]), examples([log])
    table = table.add_column(0, "classification", pa.array([name] * table.num_rows, pa.string()))
    schema = table_of("work_class").schema
    with store.write() as txn:
        others = txn.read("work_class")
        others = others.filter(pa.compute.not_equal(others["classification"], name))
        rows = pa.concat_tables([others.cast(schema), table.select(schema.names).cast(schema)])
        txn.replace("work_class", rows.sort_by([(c, "ascending") for c in table_of("work_class").key]))
        write_log(txn, ENTITY, [log])
    return report


def _opened(con: duckdb.DuckDBPyConnection, path: Path, texts: Path) -> Opened:
    """The file as table ``given``, all text, with the number of each line."""
    with guarded.regular(path).open("rb") as stream:
        is_parquet = stream.read(4) == b"PAR1"
    if not is_parquet:
        return open_file(con, "given", path, texts)
    data = guarded.parquet_table(path)
    flat = [i for i, f in enumerate(data.schema) if not pa.types.is_nested(f.type)]
    data = data.select(flat).rename_columns([f"c{n}" for n in range(len(flat))])
    con.register("_data", data)
    texts_of = ", ".join(f"CAST(c{n} AS VARCHAR) AS c{n}" for n in range(len(flat)))
    con.execute(f"CREATE TABLE given AS SELECT {texts_of}, row_number() OVER () AS _line FROM _data")
    con.unregister("_data")
    with guarded.parquet_file(path) as file:
        names = file.schema_arrow.names
    return Opened("given", path, tuple(names[i] for i in flat), ",")


def _columns(source: Opened, path: Path) -> _Columns:
    work = source.column(*WORK)
    folded = [fold_name(c) for c in source.columns]
    if work is None:
        raise InputError(f"no column of works (columns: {', '.join(source.columns[:8])})", where=path, fix="name it work_id")
    if (one := source.column(*CLASS)) is not None and one != work:
        return _Columns(work, source.column("level"), ((ONE_LEVEL, one, source.column(*NAME)),))
    levels = []
    for n, column in enumerate(folded):
        match = _LEVEL.fullmatch(column)
        if match and f"c{n}" != work:
            stems = (match[1], f"{match[1]}_cluster")
            levels.append((match[1], f"c{n}", source.column(*(f"{s}_{w}" for s in stems for w in ("name", "label", "display_name")))))
    if not levels:
        fix = "name it class (or one a level: micro_cluster_id, topic_id)"
        raise InputError(f"no column of classes (columns: {', '.join(source.columns[:8])})", where=path, fix=fix)
    if len({name for name, _, _ in levels}) < len(levels):
        raise InputError("two columns of classes of one level", where=path, fix="remove one of them")
    return _Columns(work, None, tuple(levels))


def _read(con: duckdb.DuckDBPyConnection, at: _Columns, log: FileLog) -> pa.Table:
    """``class_level, work_id, class_id, class_name``; what is refused or said again goes to the log."""
    marks = ", ".join("'" + m.replace("'", "''") + "'" for m in sorted({*MARKS, "-1", "-1.0"} - {"x", "?"}))
    parts = []
    for level, column, name in at.levels:
        rank = f"coalesce({text_sql(at.level)}, '{level}')"
        parts.append(
            f"SELECT _line, {at.work} AS work, {rank} AS class_level, trim({column}) AS given, {text_sql(name)} AS class_name FROM given"
        )
    plain = "regexp_replace(given, '^https?://openalex\\.org/(?:\\w+/)?', '')"
    con.execute(f"""
        CREATE TABLE said AS
        SELECT _line, work, class_level, given, class_name,
               try_cast(nullif(regexp_extract(work, '{_ID}', 1), '') AS BIGINT) AS work_id,
               CASE WHEN given IS NOT NULL AND lower(given) NOT IN ({marks})
                    THEN regexp_replace({plain}, '^(\\d+)\\.0$', '\\1') END AS class_id
        FROM ({" UNION ALL ".join(parts)})
    """)
    con.execute("""
        CREATE TABLE judged AS
        SELECT *, CASE WHEN work_id IS NULL THEN 'work-id-malformed' WHEN class_id IS NULL THEN 'no-class'
                       WHEN NOT regexp_full_match(class_level, '[A-Za-z0-9][A-Za-z0-9_-]{0,63}') THEN 'level-malformed' END AS reason
        FROM said
    """)
    con.execute("""
        CREATE TABLE torn AS
        SELECT class_level, work_id FROM judged WHERE reason IS NULL GROUP BY ALL HAVING count(DISTINCT class_id) > 1
    """)
    refused = con.execute("""
        SELECT _line, coalesce(reason, 'two-classes'),
               CASE reason WHEN 'work-id-malformed' THEN work WHEN 'no-class' THEN concat(work, ': ', given)
                           WHEN 'level-malformed' THEN class_level ELSE concat(work, ': ', given) END
        FROM judged LEFT JOIN torn USING (class_level, work_id)
        WHERE reason IS NOT NULL OR torn.work_id IS NOT NULL ORDER BY ALL
    """).fetchall()
    for line, reason, what in refused:
        log.reject(int(line), reason, what)
    con.execute("""
        CREATE TABLE kept AS
        SELECT class_level, work_id, class_id, arg_min(class_name, _line) AS class_name, count(*) AS n
        FROM judged ANTI JOIN torn USING (class_level, work_id) WHERE reason IS NULL GROUP BY 1, 2, 3
    """)
    ((kept, told),) = con.execute("SELECT count(*), coalesce(sum(n), 0) FROM kept").fetchall()
    log.kept, log.superseded = int(kept), int(told) - int(kept)
    return arrow(con, "SELECT class_level, work_id, class_id, class_name FROM kept ORDER BY ALL")


def _counts(con: duckdb.DuckDBPyConnection, store: Store) -> dict[str, dict[str, int]]:
    files = [str(p) for p in store.files("work")]
    here = "SELECT work_id FROM read_parquet(?)" if files else "SELECT CAST(NULL AS BIGINT) AS work_id WHERE ?"
    counts = f"count(*), count(DISTINCT class_id), count(*) FILTER (WHERE work_id IN ({here}))"
    rows = con.execute(f"SELECT class_level, {counts} FROM kept GROUP BY 1 ORDER BY 1", [files or False]).fetchall()
    return {level: {"works": works, "classes": classes, "works_here": there} for level, works, classes, there in rows}
