"""Units that are called otherwise in another source or edition: joined by a reviewed table, with suggestions, never silently.

The table has the columns ``from, to, status, note``. ``accepted`` rows are applied, ``rejected`` rows are not suggested again, and
``suggested`` rows wait for somebody who looks: they change nothing.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from armillary.composite.read import column, read_table
from armillary.core import durable
from armillary.errors import DataError, InputError, UnknownNameError

STATUS = ("accepted", "suggested", "rejected")
COLUMNS = ("from", "to", "status", "note")
_WORDS = "the of and republic university universite universidad universitat at de la du di rep dem democratic state"
_FILLER = frozenset(_WORDS.split())


@dataclass(frozen=True, slots=True)
class Match:
    """One unit of the other table, the unit of ours that it is (or may be), and how sure that is."""

    source: str
    target: str
    status: str
    note: str = ""


def folded(name: str) -> str:
    """A name without accents, case, signs and order of words."""
    plain = unicodedata.normalize("NFKD", re.sub(r"['’ʼ.]", "", name)).encode("ascii", "ignore").decode().casefold()
    return " ".join(sorted(re.findall(r"[a-z0-9]+", plain)))


def likeness(a: str, b: str) -> float:
    """How alike two names are, from 0 to 1; words that half of all names have count little."""
    x, y = folded(a), folded(b)
    if x == y:
        return 1.0
    whole = difflib.SequenceMatcher(None, x, y).ratio()
    p, q = set(x.split()) - _FILLER, set(y.split()) - _FILLER
    shared = len(p & q) / max(len(p | q), 1)
    return 0.6 * whole + 0.4 * shared if p and q else 0.8 * whole


def suggest(others: Iterable[str], ours: Sequence[tuple[str, str]], *, known: Sequence[Match] = (), least: float = 0.6) -> list[Match]:
    """What the units ``others`` may be among ``ours`` (id, name): one row each, the nearest name that was not rejected.

    A unit with the same id or the same name needs no row. Where nothing is near enough ``to`` is empty.
    """
    decided = {m.source for m in known if m.status in ("accepted", "rejected") and (m.status == "accepted" or not m.target)}
    refused = {(m.source, m.target) for m in known if m.status == "rejected"}
    ids = {id for id, _ in ours} | {name for _, name in ours}
    out = []
    for other in dict.fromkeys(others):
        if other in ids or other in decided:
            continue
        found = sorted(
            ((max(likeness(other, n), likeness(other, i)), i, n) for i, n in ours if (other, i) not in refused), key=lambda f: (-f[0], f[1])
        )
        if found and found[0][0] >= least:
            near = ", ".join(f"{i} {s:.2f}" for s, i, _ in found[1:3] if s >= least)
            note = f"{found[0][2]}: {found[0][0]:.2f} alike" + (f"; also {near}" if near else "")
            out.append(Match(other, found[0][1], "suggested", note))
        else:
            out.append(Match(other, "", "suggested", "nothing is near"))
    return out


def read_matches(path: Path) -> list[Match]:
    """A reviewed table; every fault is named with its row."""
    table = read_table(path)
    for name in COLUMNS[:3]:
        column(table, name, str(path))
    out: list[Match] = []
    seen: dict[str, str] = {}
    for number, row in enumerate(table.to_pylist(), start=2):
        source, target, status = ((row[c] or "").strip() for c in COLUMNS[:3])
        if not source and not target:
            continue
        if status not in STATUS:
            raise UnknownNameError("status", status, STATUS, where=f"{path}:{number}")
        if not source or (status == "accepted" and not target):
            raise InputError("an accepted row needs both from and to", where=f"{path}:{number}")
        if status == "accepted":
            if seen.get(source, target) != target:
                raise DataError(f"'{source}' is accepted as '{seen[source]}' and as '{target}'", where=f"{path}:{number}", fix="keep one")
            seen[source] = target
        out.append(Match(source, target, status, (row.get("note") or "").strip()))
    return out


def accepted(matches: Iterable[Match]) -> dict[str, str]:
    """Only what somebody has accepted."""
    return {m.source: m.target for m in matches if m.status == "accepted"}


def renamed(units: Sequence[str], table: dict[str, str], where: str) -> tuple[str, ...]:
    """Units under the names that the table gives them; two that become one are an error."""
    out = tuple(table.get(u, u) for u in units)
    seen: dict[str, str] = {}
    for old, new in zip(units, out, strict=True):
        if new in seen and seen[new] != old:
            raise DataError(f"'{seen[new]}' and '{old}' both become '{new}'", where=where, fix="reject one of them in the table of matches")
        seen[new] = old
    return out


def write_matches(matches: Iterable[Match], path: Path) -> None:
    """Write the table, decided rows first, by name."""
    order = sorted(matches, key=lambda m: (STATUS.index(m.status) == 1, m.source, m.target))
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((m.source, m.target, m.status, m.note) for m in order)
    durable.write(path, file.getvalue())  # whole or not at all: it holds what people decided
