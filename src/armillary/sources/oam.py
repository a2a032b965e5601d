"""OAM's published scores (openalex-metrics; doi.org/10.5281/zenodo.23493154): citations and bin of each work that it judges.

The folder that ``oam.download()`` or ``oam.build()`` leaves, or its ``metrics/work_metrics``. A bin is subfield x year x journal or
conference. The table of bins itself (``bin_stats``) is not in the published archive and would not do: its counts come only from works
that OAM judges, which nobody else's records have. ``work_metrics`` has them work by work, so every bin's distribution is exact.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from armillary.core import guarded
from armillary.errors import InputError

TABLE = "work_metrics"
NEEDED = ("work_id", "subfield", "is_proceedings", "citations")
WINDOWS = {0: "citations", 2: "citations_3y"}
"""Windows that it counted, as years after the publication year (0: open), and their columns."""
_BIN = "subfield::INTEGER AS cls, publication_year::INTEGER AS year, CASE WHEN is_proceedings THEN 'conference' ELSE 'journal' END AS type"
_FIX = "give the folder that oam.download() filled (the archive unpacked: bundle.json, metrics/, store/)"


@dataclass(frozen=True, slots=True)
class OamData:
    """A folder of OAM's data.

    ``snapshot``: date of the OpenAlex snapshot ("unknown" where it does not say); ``criteria``: names of the rules that a work must pass;
    ``works``: how many are judged; ``digest`` names the content.
    """

    folder: Path
    files: tuple[Path, ...]
    snapshot: str
    criteria: tuple[str, ...]
    version: str
    works: int
    bytes: int
    digest: str

    def distribution(self, window: int) -> pa.Table:
        """``cls, year, type, citations, n``: how many works of each bin have how many citations, sorted."""
        return self._asked(window, ["count(*) AS n"], "GROUP BY ALL ORDER BY ALL")

    def of_works(self, ids: pa.Array, window: int) -> pa.Table:
        """``work_id, cls, year, type, citations`` of those works that OAM judges."""
        asked = pa.table({"work_id": ids.cast(pa.int64())})
        return self._asked(window, ["work_id::BIGINT AS work_id"], "SEMI JOIN asked USING (work_id)", asked=asked)

    def _asked(self, window: int, more: list[str], rest: str, **tables: pa.Table) -> pa.Table:
        with guarded.faults(self.folder, kind="Parquet file"), _engine() as con:
            for name, table in tables.items():
                con.register(name, table)
            rows = con.read_parquet([str(f) for f in self.files], hive_partitioning=True)
            con.register("metrics", rows)
            columns = ", ".join([_BIN, f"{WINDOWS[window]}::INTEGER AS citations", *more])
            found = con.sql(" ".join(["SELECT", columns, "FROM metrics", rest])).to_arrow_table()
        if any(found[c].null_count for c in found.column_names):
            raise InputError("a work without bin or citations", where=self.folder, fix="download it again: oam.download(replace=True)")
        return found


@contextmanager
def _engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with tempfile.TemporaryDirectory() as spill, duckdb.connect(config={"temp_directory": spill}) as con:
        yield con


def folder_of(path: Path) -> Path | None:
    """The folder of OAM's data that a path means: the folder itself, or its ``metrics`` or ``work_metrics``; None if it is none.

    :class:`InputError` for the archive before it is unpacked, and for bins without works.
    """
    if path.is_file() and path.suffix == ".tar":
        raise InputError("an archive of OAM's data must be unpacked", where=path, fix=f"tar -xf {path.name}, then name the folder")
    if not path.is_dir():
        return None
    for folder in (path, path.parent, path.parent.parent):
        if (folder / "metrics" / TABLE).is_dir():
            return folder if path in (folder, folder / "metrics", folder / "metrics" / TABLE) else None
    if (path / "metrics" / "bin_stats").is_dir() or path.name == "bin_stats":
        raise InputError(
            "bins alone compare nothing: OAM counts only citations from works that it judges, and records do not say how many these are",
            where=path,
            fix="give the data with metrics/work_metrics, which has its counts work by work",
        )
    return None


def read_oam(folder: Path) -> OamData:
    """What a folder says of itself; :class:`InputError` where its tables are not those of OAM."""
    files = tuple(sorted((folder / "metrics" / TABLE).rglob("*.parquet")))
    if not files:
        raise InputError("there is no work in this folder of OAM's data", where=folder / "metrics" / TABLE, fix=_FIX)
    works, sha = 0, hashlib.sha256()
    for path in files:
        with guarded.parquet_file(path, needed=(*NEEDED, *WINDOWS.values())) as file:
            works += file.metadata.num_rows
            columns = file.schema_arrow.names
        if "publication_year" not in columns and not any(p.startswith("publication_year=") for p in path.parts):
            raise InputError("no column publication_year", where=path, fix=_FIX)
        sha.update(f"{path.relative_to(folder)} {path.stat().st_size} {_footer(path)}\n".encode())
    said = _said(folder / "bundle.json") or {}
    state = _said(folder / "store" / "_state" / "snapshot.json") or {}
    scope = said.get("scope") or state.get("scope")
    return OamData(
        folder=folder,
        files=files,
        snapshot=str(said.get("snapshot") or state.get("date") or "unknown"),
        criteria=tuple(sorted(map(str, scope))) if isinstance(scope, dict) else (),
        version=str(said.get("oam_version") or "unknown"),
        works=works,
        bytes=sum(f.stat().st_size for f in files),
        digest=sha.hexdigest()[:16],
    )


def _footer(path: Path) -> str:
    """The digest of the last part of a Parquet file: its footer holds sizes and statistics of all columns."""
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, 1 << 16), 2)
        return hashlib.sha256(file.read()).hexdigest()


def _said(path: Path) -> dict[str, object] | None:
    found = guarded.read_json(path) if path.is_file() else None
    return found if isinstance(found, dict) else None
