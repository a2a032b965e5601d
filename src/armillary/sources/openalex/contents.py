"""What a file is, by what is in it: records of OpenAlex, a list of ids that are gone, a manifest, or nothing that can be read.

Names and endings are not asked: a ``.gz`` may be plain, a ``.json`` may hold one record a line, and an error page may be called anything.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec

from armillary.errors import InputError
from armillary.sources.fetch.opening import RemoteFile
from armillary.sources.openalex import documents, manifest
from armillary.sources.openalex.lines import Lines, records

WANTED = "give a snapshot folder, or files of OpenAlex records: one JSON object a line, saved API pages, or parts of the Parquet snapshot"
_HEAD = 1 << 16
_TRIED = 1_000
"""Records that are looked at for an id."""
_ID = re.compile(r"(?:(?:https?://)?(?:[\w-]+\.)*openalex\.org/)?(?:([a-z]+)/)?([A-Za-z])?(\d{1,18})/?", re.ASCII | re.IGNORECASE)
ENTITY_OF = {"W": "works", "I": "institutions", "S": "sources", "V": "sources", "T": "topics", "A": "authors"}
OTHERS = {"F": "funders", "P": "publishers", "C": "concepts", "G": "awards"}
_MANIFEST = re.compile(rb'\s*\{\s*"(?:date|format|meta|entity|record_count|content_length|entries|files|entities|[a-z]+s)"\s*:')
_LARGEST_MANIFEST = 1 << 24
_PATHS = {*ENTITY_OF.values(), *OTHERS.values(), "venues", "keywords", "fields", "subfields", "domains", "sdgs"}
_SITE = ("authorships.", "primary_location.", "open_access.", "best_oa_location.", "primary_topic.", "biblio.", "cited_by_count")
"""Beginnings of the columns that the web site of OpenAlex exports."""


@dataclass(frozen=True, slots=True)
class Content:
    """``kind``: records, deleted, merged, manifest, nothing (a page without results), archive (zip), or other.

    ``entity``: of records and lists, if it can be told. ``shape``: of records, as :class:`.lines.Records` has it, or ``parquet``.
    ``reason`` and ``fix``: why it is not read.
    """

    kind: str
    entity: str | None = None
    shape: str = "lines"
    reason: str = ""
    fix: str = WANTED

    def error(self, path: Path | RemoteFile) -> InputError:
        """Why the file cannot be read, as an error."""
        return InputError(self.reason, where=path, fix=self.fix)


def entity_of_id(link: object) -> str | None:
    """The entity that an OpenAlex id belongs to, whatever its spelling; None for what is no such id or does not tell."""
    match = _ID.fullmatch(link.strip()) if isinstance(link, str) else None
    if match is None:
        return None
    if match[2] and (found := {**ENTITY_OF, **OTHERS}.get(match[2].upper())):
        return found
    folder = (match[1] or "").lower()
    return {"venues": "sources"}.get(folder, folder) if folder in _PATHS else None


def is_parquet(path: Path | RemoteFile) -> bool:
    """Whether a local file begins as Parquet does; of a remote one the name tells, which saves a request."""
    if not isinstance(path, Path):
        return path.suffix == ".parquet"
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def look(path: Path | RemoteFile, *, entity: str | None = None) -> Content:
    """What the file is. ``entity``: what its place in a snapshot says it has, which spares looking for an id.

    What cannot be opened or unpacked is of kind ``other``, with the reason.
    """
    try:
        if is_parquet(path):
            return _parquet(path, entity)
        return _text(path, entity)
    except InputError as error:
        return Content("other", reason=error.what, fix=error.fix or WANTED)
    except OSError as error:
        return Content("other", reason=f"cannot be read ({error.strerror})", fix="check the path and its permissions")


def _parquet(path: Path | RemoteFile, entity: str | None) -> Content:
    from armillary.sources.openalex import leaves

    file = leaves.open_file(path)
    try:
        names = file.schema_arrow.names
        if "deleted_date" in names:
            return Content("deleted", _entity_of_header(names), "parquet")
        first = next(file.iter_batches(batch_size=1, columns=["id"]), None) if "id" in names else None
        link = first.column(0)[0].as_py() if first is not None and first.num_rows else None
        n = file.metadata.num_rows
    except leaves.FAULTS as error:
        raise leaves.damaged(path, error) from error
    found = entity_of_id(link)
    if entity is not None and "id" in names:
        return Content("records", entity, "parquet")
    if found in ENTITY_OF.values():
        return Content("records", found, "parquet")
    if not n and "id" in names:
        return Content("nothing", reason="a Parquet file without rows")
    return _others(found) or Content("other", reason="no OpenAlex records in this file", fix="give a part of the Parquet snapshot")


def _text(path: Path | RemoteFile, entity: str | None) -> Content:
    lines = Lines(path)
    head = b""
    for block in lines.blocks():
        head += block
        if len(head) >= _HEAD or (head.count(b"\n") > 2 and len(head) > 4096):
            break
    start = head.lstrip()
    if start.startswith((b"{", b"[")):
        found = _manifest(path, head)
        if found is not None:
            return found
        if entity is not None and start.startswith(b'{"id"'):
            return Content("records", entity)
        return _records(path, entity)
    return _no_json(start)


def _manifest(path: Path | RemoteFile, head: bytes) -> Content | None:
    if not _MANIFEST.match(head) or path.stat().st_size > _LARGEST_MANIFEST:
        return None
    try:
        content = msgspec.json.decode(b"".join(Lines(path).blocks()))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not manifest.is_manifest(content) or "results" in content or "id" in content:
        return None
    return Content("manifest", reason="a manifest, which lists files and holds no records")


def _records(path: Path | RemoteFile, entity: str | None) -> Content:
    found = records(path)
    n_seen = n_said = 0
    other: str | None = None
    error: Content | None = None
    for _, block in found.blocks:
        for line in block:
            if line is not None and not line.strip():
                continue
            n_seen += 1
            record = _fields(line)
            if record is None:
                continue
            n_said += 1
            named = entity_of_id(_decoded(record.get("id")))
            if named in ENTITY_OF.values():
                return Content("records", entity or named, found.shape)
            other = other or named
            error = error or _message(record)
        if n_seen > _TRIED:
            break
    if entity is not None and n_seen and error is None:
        return Content("records", entity, found.shape)
    if not n_seen:
        if found.shape == "pages":
            groups = _group_by(path)
            if groups:
                return Content("other", reason="counts of the API (group_by) and no records", fix="ask without group_by")
            return Content("nothing", reason="a page without results (the end of a list)")
        return Content("other", reason="no OpenAlex records in this file")
    if error is not None:
        return error
    if found_others := _others(other):
        return found_others
    reason = "no OpenAlex records in this file: no record has the id of a work, institution, source, topic or author"
    return Content("other", reason=reason)


def _fields(line: bytes | None) -> dict[str, msgspec.Raw] | None:
    try:
        return msgspec.json.decode(line or b"", type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _decoded(raw: msgspec.Raw | None) -> object:
    try:
        return None if raw is None else msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _message(record: dict[str, msgspec.Raw]) -> Content | None:
    """An error that the API answered with, instead of records."""
    if "error" not in record or "id" in record:
        return None
    said = _decoded(record.get("message")) or _decoded(record.get("error"))
    text = " ".join(str(said).split())[:120]
    return Content("other", reason=f'an error of the API and no records ("{text}")', fix="fetch it again")


def _group_by(path: Path | RemoteFile) -> bool:
    for text in islice(documents.parts(Lines(path).blocks()), 1):
        record = _fields(text) or {}
        return bool(_decoded(record.get("group_by")))
    return False


def _others(entity: str | None) -> Content | None:
    if entity is None or entity in ENTITY_OF.values():
        return None
    return Content("other", entity, reason=f"records of {entity}, for which there is no table", fix="leave it out")


def _no_json(start: bytes) -> Content:
    if not start:
        return Content("other", reason="no OpenAlex records in this file (it is blank)", fix="download it again")
    if start.startswith(b"<"):
        title = re.search(rb"<(?:title|code|message)[^>]*>\s*([^<]{1,100})", start, re.IGNORECASE)
        said = f' ("{title[1].decode(errors="replace").strip()}")' if title else ""
        what = "an HTML or XML page and no records: an error page"
        return Content("other", reason=f"{what}{said} was saved in their place", fix="fetch it again")
    for magic, name in _FOREIGN.items():
        if start.startswith(magic):
            kind = "archive" if magic == b"PK\x03\x04" else "other"
            return Content(kind, reason=f"{name} and no file of records", fix="unpack it, or " + WANTED)
    if re.match(rb"(?:TY  - |PT \w|FN |@\w+\s*\{)", start):
        reason = "references for a reference manager (RIS, BibTeX or the like), which name no institutions"
        return Content("other", reason=reason, fix=_FETCH)
    return _table(start) or Content("other", reason="no OpenAlex records in this file (it is not JSON)")


_FOREIGN = {
    b"PK\x03\x04": "a zip archive",
    b"\x37\x7a\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"%PDF": "a PDF",
    b"SQLite": "a database",
}
_FETCH = "fetch the same search as records with `armillary fetch openalex --filter ...`, or save the JSON of the API"


def separator_of(header: bytes) -> str:
    """What stands between the columns of a table of text: comma, semicolon or tab."""
    return max(",;\t", key=header.decode(errors="replace").count)


def _table(start: bytes) -> Content | None:
    """A table of text, by its header."""
    line = start.partition(b"\n")[0].decode(errors="replace").strip()
    try:
        names = [n.strip().lower() for n in next(csv.reader([line], delimiter=separator_of(line.encode())), [])]
    except csv.Error:
        return None
    if "merge_into_id" in names and "id" in names:
        return Content("merged", None)
    if any(n in ("deleted_date", "deleted_at", "deletion_date") for n in names) and any(n.endswith("id") for n in names):
        return Content("deleted", _entity_of_header(names))
    if len(names) > 1 and ("id" in names or "doi" in names) and sum(n.startswith(_SITE) or n in ("display_name", "title") for n in names):
        what = "the CSV that the web site of OpenAlex exports, which does not say whose institution or country is whose"
        return Content("other", reason=what, fix=_FETCH)
    if len(names) > 1:
        return Content("other", reason="a table of text and no OpenAlex records")
    return None


def _entity_of_header(names: list[str]) -> str | None:
    singular = {"work_id": "works", "author_id": "authors", "institution_id": "institutions", "source_id": "sources", "topic_id": "topics"}
    return next((singular[n] for n in names if n in singular), None)
