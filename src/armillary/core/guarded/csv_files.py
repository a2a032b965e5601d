"""CSV: UTF-8, one header, rows of its length, values of bearable size."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from armillary.core.guarded.faults import said
from armillary.core.guarded.files import parse_text
from armillary.core.guarded.limits import beyond, limits
from armillary.core.guarded.packed import open_binary
from armillary.errors import ArmillaryError, InputError


def csv_rows(
    source: str | Path | bytes,
    where: str | Path | None = None,
    *,
    needed: Sequence[str] = (),
    delimiter: str | None = ",",
    error: type[ArmillaryError] = InputError,
) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a CSV file (also packed), or of bytes from ``where``, as dictionaries, with the number of the line they end on.

    The first line names the columns, each once, and has those ``needed``; a row of another length is told. ``delimiter`` None: the one of
    comma, semicolon and tab that the header has most of. Empty lines are passed over.
    """
    place = where if where is not None else source if not isinstance(source, bytes) else "CSV"
    text = parse_text(source if isinstance(source, bytes) else _whole(source, error), place, error=error)
    if delimiter is None:
        head = text.partition("\n")[0]
        delimiter = max(",;\t", key=head.count)
    csv.field_size_limit(max(csv.field_size_limit(), limits().value))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        check_header(header, needed, place, error)
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                what = f"line {reader.line_num:,} has {len(row):,} values, the header names {len(header):,} columns"
                raise error(what, where=place, fix="mend the line (a value with a comma or a line break needs quotes)")
            yield reader.line_num, dict(zip(header, row, strict=True))
    except csv.Error as fault:
        if "field limit" in str(fault):
            beyond("value", f"a value at line {reader.line_num:,} has too many characters", place, error)
        raise error(f"line {reader.line_num:,}: {said(fault)}", where=place, fix="mend the line (a quote that does not end?)") from None


def check_header(header: list[str], needed: Sequence[str], place: str | Path, error: type[ArmillaryError]) -> None:
    """Whether a header has the columns ``needed``, each once, and not too many."""
    if len(header) > limits().members:
        beyond("members", f"the header names {len(header):,} columns", place, error)
    if missing := [c for c in needed if c not in header]:
        have = ", ".join(header[:20]) or "nothing"
        raise error(
            f"no column {', '.join(missing)} (the header names {have[:300]})", where=place, fix=f"name the columns {', '.join(needed)}"
        )
    if len(set(header)) < len(header):
        raise error(
            f"the column '{next(c for c in header if header.count(c) > 1)[:80]}' is there twice", where=place, fix="rename one of them"
        )


def _whole(path: str | Path, error: type[ArmillaryError]) -> bytes:
    most = limits().document
    with open_binary(path, error=error) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        beyond("document", "the file has too many bytes", path, error)
    return data
