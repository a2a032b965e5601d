"""Which Parquet files make up each core table: generations, one writer at a time, all-or-nothing commits.

::

    observatory/core/<table>/<hash>.parquet   written once, never changed, named by the hash of its bytes
                                              (segments: <label>-<hash>, the label joins the tables of the same works)
    observatory/state/000003.json             the files of each table in generation 3, with their digests
    observatory/CURRENT                       the generation that counts, replaced atomically
    observatory/lock                          held by the writer
    observatory/staging/                      finished parts of an interrupted ingest; safe to delete
    observatory/temp/                         what queries spill; the next writer removes that of killed ones

File names contain content hashes, so equal names are equal rows: :attr:`Store.digest` identifies the data and nothing else.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from armillary.core import durable, generations, packs, parquet, schema, soundness
from armillary.core.generations import FileEntry, Tables
from armillary.core.locking import ReadMark, exclusive, held, is_held, remove_spill, storage_faults
from armillary.errors import StoreError, UsageError

log = logging.getLogger(__name__)
_MAKE_ONE = "make one with: armillary ingest openalex PATH --into FOLDER"
_SEGMENT = re.compile(r"([0-9a-f]{12}-\d{4,})[.-]")
_OWN = {"core", "state", "staging", "lock", "CURRENT.tmp"}


class Store:
    """An observatory folder at one generation.

    Reading needs no lock: files never change, and a generation stays readable after newer ones were written.
    """

    def __init__(
        self,
        path: Path,
        generation: int,
        tables: Tables,
        *,
        pinned: bool = False,
        fault: str | None = None,
        pack: packs.PackFacts | None = None,
    ) -> None:
        """Use :meth:`open` or :meth:`create`."""
        self.pack = pack
        """What a pack says of the observatory that it was made of; None for an observatory with its records."""
        self.path = path
        self.generation = generation
        self.fault = fault
        """What is wrong with a newer generation that should count, if this one is shown in its place."""
        self._pinned = pinned
        self._tables = tables
        self._sound: set[str] = set()

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r}, generation={self.generation})"

    @classmethod
    def open(cls, path: str | Path) -> Store:
        """The generation of an observatory that counts; :class:`~armillary.errors.StoreError` if there is none at ``path``.

        Where files of it are gone, the newest generation that is whole is opened instead, with a warning and :attr:`fault`.
        """
        folder = Path(path).absolute()
        if not folder.exists():
            raise StoreError("no such observatory", where=path, fix=_MAKE_ONE)
        if folder.is_file():
            folder = packs.unpacked(folder)
        if not (folder / "CURRENT").is_file():
            raise StoreError("this folder is not an observatory", where=path, fix=_MAKE_ONE)
        with storage_faults(folder):
            number, tables, fault = generations.newest_whole(folder)
        if fault is not None:
            _tell(f"{fault}; generation {number} is used instead")
        return cls(folder, number, tables, fault=fault, pack=packs.facts_of(folder))

    @classmethod
    def create(cls, path: str | Path) -> Store:
        """Open the observatory at ``path``, making an empty one if there is none (the folder must then be missing or empty)."""
        folder = Path(path).absolute()
        if (folder / "CURRENT").is_file():
            return cls.open(folder)
        with storage_faults(folder):
            if folder.exists() and not folder.is_dir():
                raise StoreError("is not a folder", where=path, fix="choose another folder with --into")
            if folder.is_dir() and (strange := sorted({p.name for p in folder.iterdir()} - _OWN)):
                what = f"the folder holds other things ({strange[0]}) and is not an observatory"
                raise StoreError(what, where=path, fix="choose an empty folder with --into")
            folder.mkdir(parents=True, exist_ok=True)
            with exclusive(folder / "lock"):
                if not (folder / "CURRENT").is_file():
                    generations.write(folder, 0, {})
        return cls.open(folder)

    def at(self, generation: int) -> Store:
        """A read-only view of an older generation; :class:`~armillary.errors.StoreError` if it is not kept."""
        return Store(self.path, generation, generations.read(self.path, generation), pinned=True, pack=self.pack)

    def generations(self) -> list[int]:
        """The generations that are kept, oldest first."""
        return generations.kept(self.path)

    def refresh(self) -> Store:
        """The newest generation as a new view (this one stays as it is)."""
        return Store.open(self.path)

    def tables(self) -> list[str]:
        """Names of the tables that have data, in the order of the schema."""
        return [name for name in schema.TABLES if self._tables.get(name)]

    def entries(self, table: str) -> tuple[FileEntry, ...]:
        """The files of a table with rows and bytes."""
        schema.table(table)
        return self._tables.get(table, ())

    def files(self, table: str) -> list[Path]:
        """Absolute paths of the Parquet files of a table, in stable order; empty if the table has no data."""
        return [self.path / "core" / table / e.name for e in self.entries(table)]

    def rows(self, table: str) -> int:
        """Number of rows of a table; in a pack, of the table that it was made of."""
        there = self.pack.rows.get(table, 0) if self.pack is not None and not self.entries(table) else 0
        return there or sum(e.rows for e in self.entries(table))

    @property
    def digest(self) -> str:
        """Hash of the data: the same for the same rows, whatever the generation number, the machine or the order of arrival."""
        if self.pack is not None:
            return self.pack.digest
        lines = [f"{t}/{e.name}\n" for t in sorted(self._tables) for e in self._tables[t]]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def read(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A whole (small) table in memory; empty with the right schema if it has no data."""
        self.require_sound(table)
        return parquet.read(table, self.files(table), columns)

    def require_sound(self, table: str) -> None:
        """:class:`~armillary.errors.StoreError` if a file of the table is not what was written; looked at once, before it is first read."""
        if table not in self._sound:
            soundness.require(self.path, table, self.entries(table))
            self._sound.add(table)

    def require_whole(self) -> None:
        """:meth:`require_sound` for all tables: before results are made that others will rely on."""
        for table in self.tables():
            self.require_sound(table)

    def require_sample(self, budget: int = 2**26) -> None:
        """Look at all footers, and at the bytes of about ``budget`` of each table: at the start of a server, which reads the rest later."""
        for damage in self.damages("footers"):
            raise damage.error(self.path)
        for table in self.tables():
            soundness.require(self.path, table, soundness.chosen(self.entries(table), budget))

    def hold(self) -> ReadMark | None:
        """Keep this generation from being pruned, by any process, as long as the answer lives (or until this process ends)."""
        return held(generations.note(self.path, self.generation))

    def damages(self, how: soundness.How = "footers") -> list[soundness.Damage]:
        """The files of this generation that are not sound: by size and footer, or byte by byte (``bytes``)."""
        return list(soundness.damages(self.path, self._tables, how))

    def info(self) -> dict[str, Any]:
        """Snapshot date, classification version, totals of the manifest, and rows a table."""
        manifest = self.read("manifest")
        entities: dict[str, dict[str, int]] = {}
        for row in manifest.select(["entity", "records_n", "kept_n", "superseded_n", "rejected_n"]).to_pylist():
            total = entities.setdefault(row["entity"], {"files": 0, "records": 0, "kept": 0, "superseded": 0, "rejected": 0})
            total["files"] += 1
            for name in ("records", "kept", "superseded", "rejected"):
                total[name] += row[f"{name}_n"] or 0
        versions = sorted({v for v in manifest["classification_version"].to_pylist() if v})
        return {
            "generation": self.generation,
            "digest": self.digest,
            "snapshot_date": pc.max(manifest["snapshot_date"]).as_py(),
            "classification_version": ";".join(versions) or None,
            "entities": entities,
            "tables": {t: self.rows(t) for t in self.tables()},
            "bytes": sum(e.size for t in self.tables() for e in self.entries(t)),
        }

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Change tables, all or nothing: an exception (or a killed process) leaves the earlier state untouched.

        Takes the exclusive lock; :class:`~armillary.errors.StoreError` if another process holds it, the disk is full or read-only.
        On success this store shows the new generation. If nothing changed, no generation is made.
        """
        if self._pinned:
            raise UsageError("an older generation cannot be changed")
        if self.pack is not None:
            raise UsageError("a pack is read only", where=self.path, fix="ingest into another folder, and name the pack as --baseline")
        with storage_faults(self.path), exclusive(self.path / "lock"):
            self._renew()
            self._remove_orphans()
            txn, number = Transaction(self), generations.next_number(self.path, self.generation)
            try:
                yield txn
                tables = txn._finish()
                if tables != self._tables or self.fault is not None:
                    generations.write(self.path, number, tables)
            except BaseException:
                # only the disk knows how far it came: once CURRENT names the new generation nothing of it may be taken away
                if generations.names(self.path, number):
                    with suppress(OSError, StoreError):
                        self._renew()
                else:
                    txn._undo(generations.note(self.path, number))
                raise
            self.generation, self._tables, self.fault = self._committed(number, tables)

    def _committed(self, number: int, tables: Tables) -> tuple[int, Tables, None]:
        if tables == self._tables and self.fault is None:
            return self.generation, self._tables, None
        self._sound.clear()
        return number, tables, None

    def _renew(self) -> None:
        self.generation, self._tables, self.fault = generations.newest_whole(self.path)
        self._sound.clear()

    def prune(self, keep: int = 1) -> int:
        """Forget all but the newest ``keep`` generations and delete files that only they use; returns the bytes freed.

        A generation that somebody reads (:meth:`hold`) stays; it goes with the next call.
        """
        with storage_faults(self.path), exclusive(self.path / "lock"):
            self._renew()
            older = [g for g in self.generations() if g < self.generation]
            for number in older[: max(0, len(older) + 1 - max(keep, 1))]:
                if not is_held(generations.note(self.path, number)):
                    generations.note(self.path, number).unlink()
            return self._remove_orphans()

    def _remove_orphans(self) -> int:
        """Delete what no kept generation names: left by a dead writer. Where a note cannot be read nobody knows, and all stay."""
        if self.fault is None:
            for number in self.generations():
                if number > self.generation:  # its writer died before it counted
                    generations.note(self.path, number).unlink()
        freed = 0
        try:
            known = {(t, e.name) for g in self.generations() for t, entries in generations.read(self.path, g).items() for e in entries}
        except StoreError:
            known = None
        for path in (self.path / "core").glob("*/*"):
            if (known is not None or path.suffix == ".tmp") and (path.parent.name, path.name) not in (known or ()):
                freed += path.stat().st_size
                path.unlink()
        for path in (*self.path.glob("state/*.tmp"), *self.path.glob("CURRENT.tmp")):
            path.unlink()
        return freed + remove_spill(self.path / "temp")


class Transaction:
    """The changes of one :meth:`Store.write` block."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tables: dict[str, dict[str, FileEntry]] = {t: {e.name: e for e in v} for t, v in store._tables.items()}
        self._made: list[Path] = []

    def files(self, table: str) -> list[Path]:
        """The files of a table as this transaction has them so far."""
        schema.table(table)
        return [self._store.path / "core" / table / name for name in sorted(self._tables.get(table, {}))]

    def read(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A whole (small) table as this transaction has it so far."""
        self._require_sound(table)
        return parquet.read(table, self.files(table), columns)

    def sound_files(self, table: str) -> list[Path]:
        """:meth:`files`, after a look at their checksums: for readers that would not see damage."""
        self._require_sound(table)
        return self.files(table)

    def _require_sound(self, table: str) -> None:
        """Damage must not be written again under a new digest."""
        before = set(self._store.entries(table))
        soundness.require(self._store.path, table, [e for e in self._tables.get(table, {}).values() if e in before])

    def replace(self, table: str, data: pa.Table | Sequence[pa.RecordBatch]) -> None:
        """Make ``data`` the whole content of a table: columns cast to the schema, rows sorted by the key and then all columns."""
        self.replace_in_order(table, [parquet.in_order(table, parquet.conform(table, data), total=True)])

    def replace_in_order(self, table: str, pieces: Iterable[pa.Table]) -> None:
        """As :meth:`replace`, for rows that come conforming and in order, a piece at a time: memory holds one row group."""
        part = self._folder(table) / f".{os.getpid()}.tmp"
        try:
            parquet.write_pieces(table, pieces, part)
            self._tables.pop(table, None)
            self._add(table, part)
        finally:
            part.unlink(missing_ok=True)

    def append(self, table: str, paths: Iterable[Path]) -> None:
        """Add finished segments (sorted Parquet files of this table; linked or copied, never moved). Empty ones are left out."""
        self._folder(table)
        for path in paths:
            self._add(table, Path(path))

    def set_files(self, table: str, paths: Iterable[Path]) -> None:
        """Make ``paths`` (files of the store or new segments) the whole content of a table."""
        folder = self._folder(table)
        before = self._tables.get(table, {})
        self._tables[table] = {}
        for path in map(Path, paths):
            if path.parent == folder and path.name in before:
                self._tables[table][path.name] = before[path.name]
            else:
                self._add(table, path)

    def _folder(self, table: str) -> Path:
        schema.table(table)
        folder = self._store.path / "core" / table
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _add(self, table: str, path: Path) -> None:
        entry = _entry(table, path)
        if not entry.rows:
            return
        target = self._store.path / "core" / table / entry.name
        if not target.exists():
            self._made.append(target)
            try:
                os.link(path, target)
            except OSError:  # another file system, or one without links
                with durable.whole(target, suffix=".tmp") as part:
                    shutil.copyfile(path, part)
        elif soundness.fault(
            self._store.path, table, entry, "crc"
        ):  # what is there under this name has decayed; other generations gain too
            with durable.whole(target, suffix=".tmp") as part:
                shutil.copyfile(path, part)
        self._tables.setdefault(table, {})[entry.name] = entry

    def _finish(self) -> Tables:
        for path in self._made:
            durable.sync(path)
        for folder in sorted({p.parent for p in self._made}):
            durable.sync(folder)
        return {t: tuple(v[n] for n in sorted(v)) for t, v in sorted(self._tables.items()) if v}

    def _undo(self, note: Path) -> None:
        """Take away what was made; what cannot be taken away now goes with the next writer."""
        for path in (note, *self._made):
            with suppress(OSError):
                path.unlink(missing_ok=True)


_told: set[str] = set()


def _tell(what: str) -> None:
    """Once a process: an observatory is opened several times by one command."""
    if what not in _told:
        _told.add(what)
        log.warning("%s", what)


def _entry(table: str, path: Path) -> FileEntry:
    import pyarrow.parquet as pq

    try:
        meta = pq.read_metadata(path)
    except (pa.ArrowInvalid, FileNotFoundError) as error:
        raise StoreError(f"not a readable Parquet file: {error}", where=path) from error
    if meta.schema.to_arrow_schema().names != schema.table(table).schema.names:
        raise StoreError(f"these are not the columns of table '{table}'", where=path)
    (digest, crc), label = soundness.digests(path), segment_label(path)
    name = f"{label}-{digest[:16]}.parquet" if label else f"{digest[:32]}.parquet"
    return FileEntry(name, meta.num_rows, path.stat().st_size, digest, crc)


def segment_label(path: Path) -> str | None:
    """Which segment a file belongs to (``3fa9c1d2e4b5-0003``), the same in every table; None for files that are no segments.

    A finished segment handed to :meth:`Transaction.append` is called ``<label>.parquet``; in the store the hash of its bytes follows.
    """
    match = _SEGMENT.match(path.name)
    return match[1] if match else None
