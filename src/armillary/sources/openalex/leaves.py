"""Which leaf columns of the nested Parquet snapshot are read, and finding them in a file.

A nested column is stored as one leaf a field. Only the leaves that core needs are asked for, by their full paths, so that the bytes of the
others are never touched; a leaf that the file does not have is an error and not a column of nulls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from weakref import WeakKeyDictionary

import pyarrow as pa
import pyarrow.parquet as pq

from armillary.core import guarded
from armillary.core.guarded import footers
from armillary.errors import InputError
from armillary.sources.fetch.opening import RemoteFile
from armillary.sources.fetch.ranges import RemoteParquet

WORKS = (
    "id",
    "doi",
    "title",
    "publication_year",
    "publication_date",
    "type",
    "language",
    "primary_location.source.id",
    "primary_location.source.display_name",
    "primary_location.source.issn_l",
    "primary_location.source.issn",
    "primary_location.source.type",
    "primary_location.source.host_organization_name",
    "primary_location.source.is_core",
    "primary_topic.id",
    "primary_topic.subfield.id",
    "primary_topic.field.id",
    "primary_topic.domain.id",
    "topics.id",
    "topics.score",
    "topics.display_name",
    "topics.subfield.id",
    "topics.subfield.display_name",
    "topics.field.id",
    "topics.field.display_name",
    "topics.domain.id",
    "topics.domain.display_name",
    "is_retracted",
    "is_paratext",
    "is_xpac",
    "authorships.author.id",
    "authorships.author.display_name",
    "authorships.author.orcid",
    "authorships.raw_author_name",
    "authorships.is_corresponding",
    "authorships.countries",
    "authorships.institutions.id",
    "authorships.institutions.display_name",
    "authorships.institutions.ror",
    "authorships.institutions.country_code",
    "authorships.institutions.type",
    "authorships.institutions.lineage",
    "authorships.raw_affiliation_strings",
    "authorships.affiliations.raw_affiliation_string",
    "authorships.affiliations.institution_ids",
    "referenced_works",
    "cited_by_count",
    "open_access.oa_status",
    "sustainable_development_goals.id",
    "sustainable_development_goals.score",
    "counts_by_year.year",
    "counts_by_year.cited_by_count",
    "awards.funder_id",
    "awards.funder_display_name",
    "awards.funder_award_id",
    "funders.id",
    "funders.display_name",
    "updated_date",
)
WORKS_IF_THERE = (
    "is_authors_truncated",
    "authors_count",
    "institutions_distinct_count",
    "countries_distinct_count",
    "has_abstract",
    "primary_location.raw_type",
    "primary_topic.score",
    "fwci",
    "citation_normalized_percentile.value",
    "citation_normalized_percentile.is_in_top_1_percent",
    "citation_normalized_percentile.is_in_top_10_percent",
)
"""Read where a file has them."""
PRIMARY = tuple(f"primary_{leaf[:5]}{leaf[6:]}" for leaf in WORKS if leaf.startswith("topics."))
"""All of ``primary_topic``: needed only for works that have it without ``topics``, against the documentation of OpenAlex."""
ABSTRACT = "abstract_inverted_index"
FAULTS = (pa.ArrowException, OSError, UnicodeDecodeError)
"""What reading a damaged file raises; the last one for texts and for names of columns."""
_REPEATED = frozenset({"list", "element", "item", "array", "bag", "array_element"})
"""Names that Parquet puts between a list and its elements."""


_CHUNKS: WeakKeyDictionary[pq.ParquetFile, list[footers.Chunk]] = WeakKeyDictionary()
"""Column chunks of open files: asked for once a file."""


def find(file: pq.ParquetFile, wanted: tuple[str, ...], optional: tuple[str, ...], path: Path | RemoteFile) -> list[str]:
    """Full paths in ``file`` of the ``wanted`` leaves and of those ``optional`` ones that are there.

    :class:`~armillary.errors.InputError` names the leaves that are missing.
    """
    there: dict[str, str] = {}
    for k in range(len(file.schema)):
        full = file.schema.column(k).path
        there[".".join(p for p in full.split(".") if p not in _REPEATED)] = full
    if missing := [leaf for leaf in wanted if leaf not in there]:
        what = f"{len(missing)} of the {len(wanted)} columns that are needed are not in this file, first {missing[0]}"
        raise InputError(what, where=path, fix="is this a part of the Parquet snapshot? If its schema has changed, use the JSONL snapshot")
    return [there[leaf] for leaf in (*wanted, *(o for o in optional if o in there))]


def leaf_bytes(file: pq.ParquetFile, paths: list[str]) -> tuple[int, int]:
    """Compressed bytes of the leaves ``paths``, and of all leaves; one of :data:`FAULTS` if the footer is damaged."""
    chosen = {k for k in range(len(file.schema)) if file.schema.column(k).path in paths}
    if file not in _CHUNKS:
        _CHUNKS[file] = footers.chunks(file.metadata)
    found = _CHUNKS[file]
    return sum(c.packed for c in found if c.column in chosen), sum(c.packed for c in found)


def open_file(path: Path | RemoteFile) -> pq.ParquetFile:
    """The file, or an :class:`~armillary.errors.InputError` if it is damaged, cut short or no Parquet at all."""
    try:
        file = RemoteParquet(path) if isinstance(path, RemoteFile) else pq.ParquetFile(path, pre_buffer=False)
    except FAULTS as error:
        what = f"not a readable Parquet file ({' '.join(str(error).split())[:150]})"
        raise InputError(what, where=path, fix="download it again") from error
    guarded.check_packing(file.metadata, path)
    return file


def batches(file: pq.ParquetFile, paths: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
    """The leaves ``paths`` of all records, ``rows`` at a time; of a remote file nothing else crosses the network."""
    if isinstance(file, RemoteParquet):
        file.announce(paths)
    try:
        yield from file.iter_batches(batch_size=rows, columns=paths, use_threads=False)
    finally:
        if isinstance(file, RemoteParquet):
            file.ranges.close()


class Later:
    """Leaves that hardly any batch needs: nothing of them is read before a batch is asked for."""

    def __init__(self, file: pq.ParquetFile, paths: Sequence[str], rows: int) -> None:
        self.paths = paths
        self._file, self._rows = file, rows
        self._batches: Iterator[pa.RecordBatch] | None = None
        self._next = 0

    @property
    def is_read(self) -> bool:
        """Whether any batch was asked for."""
        return self._batches is not None

    def batch(self, number: int) -> pa.RecordBatch:
        """Batch ``number``, from 0; ask in rising order. The batches are those of :func:`batches`."""
        if self._batches is None:
            self._batches = self._file.iter_batches(batch_size=self._rows, columns=self.paths, use_threads=False)
        found = next(islice(self._batches, number - self._next, None))
        self._next = number + 1
        return found


def damaged(path: Path | RemoteFile, error: Exception) -> InputError:
    """The error for a file that opens but cannot be read."""
    return InputError(f"the Parquet file is damaged ({' '.join(str(error).split())[:150]})", where=path, fix="download it again")
