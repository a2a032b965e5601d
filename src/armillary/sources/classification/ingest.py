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
from armillary.sources.files import find_files, other_files, with_members
from armillary.sources.values.missing import MARKS
from armillary.sources.values.table import fold_name

ENTITY = "classification"
SUFFIXES = (".csv", ".tsv", ".txt", ".parquet")
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
    files: int = 0
    levels: dict[str, dict[str, int]] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
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
    """Read a table of works and classes, or a folder of its parts, and keep it under ``name``, in place of an earlier one of that name.

    :class:`UsageError` for a name that is none, :class:`InputError` for files without works and classes. A file of a folder that cannot be
    read is named in ``left_out``.
    """
    if not _NAMED.fullmatch(name) or name in _OWN:
        raise UsageError(f"'{name}' is no name for a classification", fix="use letters, digits, _ and -, and none of OpenAlex's own levels")
    given = find_files(path, (*SUFFIXES, ".zip"), wanted="give a CSV or Parquet file of works and classes, or a folder of its parts")
    report, logs = ClassificationReport(name), list[FileLog]()
    with tempfile.TemporaryDirectory() as scratch, connect(Path(scratch)) as con:
        (Path(scratch) / "texts").mkdir()
        files, report.left_out = with_members(given, SUFFIXES, Path(scratch))
        report.left_out.update(other_files(path, (*SUFFIXES, ".zip")))
        con.execute("CREATE TABLE said (file INTEGER, _line BIGINT, work VARCHAR, class_level VARCHAR, given VARCHAR, class_name VARCHAR)")
        for file in files:
            part = file.relative_to(path).as_posix() if path.is_dir() and file.is_relative_to(path) else file.name
            log = FileLog(file, name if len(files) == 1 else f"{name}/{part}")
            try:
                source = _opened(con, file, Path(scratch) / "texts")
                _say(con, _columns(source, file), len(logs))
            except InputError as error:
                if len(files) == 1:
                    raise
                report.left_out[part] = error.what
                continue
            for line, reason, what in source.broken:
                log.reject(line, reason, what)
            logs.append(log)
        if not logs:
            some = "; ".join(f"{f}: {why}" for f, why in sorted(report.left_out.items())[:3])
            raise InputError(f"no file here could be read ({some})", where=path, fix="give work_id (W123) and class")
        table = _read(con, logs)
        if not table.num_rows:
            first = next((f"{reason}, {what}" for log in logs for _, reason, what in log.rejects), "the table has no rows")
            raise InputError(f"no row gives a work and its class ({first})", where=path, fix="give work_id (W123) and class")
        report.levels = _counts(con, store)
        report.files = len(logs)
        for log in logs:
            log.records = log.kept + log.superseded + len(log.rejects)
        report.records, report.kept, report.repeated = (sum(getattr(x, k) for x in logs) for k in ("records", "kept", "superseded"))
        report.rejected, report.notes = reasons_of(logs), examples(logs)
        table = table.add_column(0, "classification", pa.array([name] * table.num_rows, pa.string()))
        schema = table_of("work_class").schema
        with store.write() as txn:
            others = txn.read("work_class")
            others = others.filter(pa.compute.not_equal(others["classification"], name))
            rows = pa.concat_tables([others.cast(schema), table.select(schema.names).cast(schema)])
            txn.replace("work_class", rows.sort_by([(c, "ascending") for c in table_of("work_class").key]))
            write_log(txn, ENTITY, logs, also=lambda file: file == name or file.startswith(f"{name}/"))
    return report


def _opened(con: duckdb.DuckDBPyConnection, path: Path, texts: Path) -> Opened:
    """The file as table ``given``, all text, with the number of each line."""
    with guarded.regular(path).open("rb") as stream:
        is_parquet = stream.read(4) == b"PAR1"
    if not is_parquet:
        return open_file(con, "given", path, texts)
    data = guarded.parquet_table(path)
    with guarded.faults(path, kind="Parquet file"):
        data.validate(full=True)  # text that is no UTF-8: Arrow does not look, DuckDB fails
    flat = [i for i, f in enumerate(data.schema) if not pa.types.is_nested(f.type)]
    data = data.select(flat).rename_columns([f"c{n}" for n in range(len(flat))])
    con.register("_data", data)
    texts_of = ", ".join(f"CAST(c{n} AS VARCHAR) AS c{n}" for n in range(len(flat)))
    con.execute(f"CREATE OR REPLACE TABLE given AS SELECT {texts_of}, row_number() OVER () AS _line FROM _data")
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


def _say(con: duckdb.DuckDBPyConnection, at: _Columns, file: int) -> None:
    """Rows of table ``given`` into ``said``, one a class that a work is given."""
    for level, column, name in at.levels:
        rank = f"coalesce({text_sql(at.level)}, '{level}')"
        con.execute(f"INSERT INTO said SELECT {file}, _line, {at.work}, {rank}, trim({column}), {text_sql(name)} FROM given")


def _read(con: duckdb.DuckDBPyConnection, logs: list[FileLog]) -> pa.Table:
    """``class_level, work_id, class_id, class_name``; what is refused or said again goes to the logs."""
    marks = ", ".join("'" + m.replace("'", "''") + "'" for m in sorted({*MARKS, "-1", "-1.0"} - {"x", "?"}))
    plain = "regexp_replace(given, '^https?://openalex\\.org/(?:\\w+/)?', '')"
    con.execute(f"""
        CREATE TABLE clean AS
        SELECT *, try_cast(nullif(regexp_extract(work, '{_ID}', 1), '') AS BIGINT) AS work_id,
               CASE WHEN given IS NOT NULL AND lower(given) NOT IN ({marks})
                    THEN regexp_replace({plain}, '^(\\d+)\\.0$', '\\1') END AS class_id
        FROM said
    """)
    con.execute("""
        CREATE TABLE judged AS
        SELECT *, CASE WHEN work_id IS NULL THEN 'work-id-malformed' WHEN class_id IS NULL THEN 'no-class'
                       WHEN NOT regexp_full_match(class_level, '[A-Za-z0-9][A-Za-z0-9_-]{0,63}') THEN 'level-malformed' END AS reason
        FROM clean
    """)
    con.execute("""
        CREATE TABLE torn AS
        SELECT class_level, work_id FROM judged WHERE reason IS NULL GROUP BY ALL HAVING count(DISTINCT class_id) > 1
    """)
    refused = con.execute("""
        SELECT file, _line, coalesce(reason, 'two-classes'),
               CASE reason WHEN 'work-id-malformed' THEN work WHEN 'no-class' THEN concat(work, ': ', given)
                           WHEN 'level-malformed' THEN class_level ELSE concat(work, ': ', given) END
        FROM judged LEFT JOIN torn USING (class_level, work_id)
        WHERE reason IS NOT NULL OR torn.work_id IS NOT NULL ORDER BY ALL
    """).fetchall()
    for file, line, reason, what in refused:
        logs[file].reject(int(line), reason, what)
    con.execute("""
        CREATE TABLE kept AS
        SELECT class_level, work_id, class_id, arg_min(class_name, (file, _line)) AS class_name, min(file) AS file
        FROM judged ANTI JOIN torn USING (class_level, work_id) WHERE reason IS NULL GROUP BY 1, 2, 3
    """)
    told = "SELECT file, count(*) FROM judged ANTI JOIN torn USING (class_level, work_id) WHERE reason IS NULL GROUP BY 1"
    for file, n in con.execute(told).fetchall():
        logs[file].superseded = int(n)
    for file, n in con.execute("SELECT file, count(*) FROM kept GROUP BY 1").fetchall():
        logs[file].kept = int(n)
        logs[file].superseded -= int(n)
    return arrow(con, "SELECT class_level, work_id, class_id, class_name FROM kept ORDER BY ALL")


def _counts(con: duckdb.DuckDBPyConnection, store: Store) -> dict[str, dict[str, int]]:
    files = [str(p) for p in store.files("work")]
    here = "SELECT work_id FROM read_parquet(?)" if files else "SELECT CAST(NULL AS BIGINT) AS work_id WHERE ?"
    counts = f"count(*), count(DISTINCT class_id), count(*) FILTER (WHERE work_id IN ({here}))"
    rows = con.execute(f"SELECT class_level, {counts} FROM kept GROUP BY 1 ORDER BY 1", [files or False]).fetchall()
    return {level: {"works": works, "classes": classes, "works_here": there} for level, works, classes, there in rows}
