"""Bylines as they are to be counted: who is nobody, who stands on two lines, and which list of authors was cut.

* Author ids that stand for no person (registry/openalex.toml) are no ids.
* One author id on two lines of a byline under one printed name is one author with the addresses of both lines. Under different names it
  may be two people whom OpenAlex took for one: that is counted and left as it is.
* Lists of the API serve 100 authors of a work and do not say so. A work with exactly 100 is cut if it came from such a list, or if its own
  counts of institutions or countries exceed what the list shows; a part of the snapshot and a file of one record are whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from armillary.sources.openalex import ids
from armillary.sources.openalex.records import Address, facts

LISTED = 100
"""Authors of a work that lists of the API serve at most."""
NOBODY: dict[str, frozenset[int]] = {entity: frozenset(numbers) for entity, numbers in facts()["placeholders"].items() if entity != "names"}
"""Ids by entity that stand for no author, work, institution or source."""
NAMES = tuple(facts()["placeholders"]["names"])
"""What these are called where a name should be."""


def is_nobody(entity: str, numbers: pa.Array) -> npt.NDArray[np.bool_]:
    """Which of the ids stand for nobody."""
    known = pa.array(sorted(NOBODY.get(entity, ())), pa.int64())
    found: npt.NDArray[np.bool_] = pc.is_in(numbers, value_set=known).to_numpy(zero_copy_only=False)
    return found


def is_cut(
    n: int,
    *,
    said: bool | None,
    counted: int | None,
    is_list: bool,
    institutions: tuple[int | None, int],
    countries: tuple[int | None, int],
) -> bool:
    """Whether the list of ``n`` authors is shorter than that of the work.

    ``said``: the flag of the record; ``counted``: its number of authors; ``institutions`` and ``countries``: the record's number of
    different ones and how many the list shows. (Since November 2025 the first of these is the number of authorships.)
    """
    if said or (counted or 0) > n:
        return True
    if n != LISTED or said is False or counted == n:
        return False
    return is_list or (institutions[0] or 0) > max(n, institutions[1]) or (countries[0] or 0) > countries[1]


def shown(authorships: Sequence[Any]) -> tuple[int, int]:
    """Different institutions and countries of a list of authors."""
    institutions = {_get(i, "id") for a in authorships for i in _get(a, "institutions") or ()} - {None}
    countries = {c for a in authorships for c in _get(a, "countries") or ()} - {None}
    return len(institutions), len(countries)


def has_twice(links: Sequence[str | None]) -> bool:
    """Whether an author is here twice."""
    named = [link for link in links if link is not None]
    return len(named) != len(set(named))


def once(authorships: Sequence[Any]) -> tuple[list[Any], int, int]:
    """``(authorships with each author once, lines that were joined, lines left because another name stands on them)``.

    Authorships are :class:`.records.Authorship` or dictionaries of the same shape.
    """
    kept: list[Any] = []
    place: dict[tuple[int, str], int] = {}
    seen: set[int] = set()
    joined = other = 0
    for a in authorships:
        author = _get(a, "author")
        number = ids.number(_get(author, "id")) if author is not None else None
        if number is None or number in NOBODY["authors"]:
            kept.append(a)
            continue
        key = (number, _folded(_get(a, "raw_author_name") or _get(author, "display_name")))
        if key in place:
            kept[place[key]] = _joined(kept[place[key]], a)
            joined += 1
            continue
        other += number in seen
        seen.add(number)
        place[key] = len(kept)
        kept.append(a)
    return kept, joined, other


def _folded(name: str | None) -> str:
    return "".join(c for c in (name or "").casefold() if c.isalnum())


def _joined(a: Any, b: Any) -> Any:
    """Two lines of one author as one, with the addresses of both."""
    first, second = _lines(a), _lines(b)
    institutions: list[Any] = []
    for i in [*(_get(a, "institutions") or ()), *(_get(b, "institutions") or ())]:
        if _get(i, "id") is None or all(_get(i, "id") != _get(k, "id") for k in institutions):
            institutions.append(i)
    flags = (_get(a, "is_corresponding"), _get(b, "is_corresponding"))
    changes: dict[str, Any] = {
        "institutions": institutions,
        "countries": None
        if _get(a, "countries") is None and _get(b, "countries") is None
        else list(dict.fromkeys([*(_get(a, "countries") or ()), *(_get(b, "countries") or ())])),
        "is_corresponding": True if True in flags else None if None in flags else False,
        "raw_affiliation_strings": list(dict.fromkeys([*_strings(a), *_strings(b)])),
    }
    if first is not None and second is not None:
        changes["affiliations"] = [*first, *second]
    else:
        changes["affiliations"] = None
    if isinstance(a, dict):
        return {**a, **{k: v for k, v in changes.items() if k in a}}
    return msgspec.structs.replace(a, **changes, raw_affiliation_string=None)


def _strings(a: Any) -> list[str]:
    given = _get(a, "raw_affiliation_strings") or [_get(a, "raw_affiliation_string")]
    return [s for s in given if s]


def _lines(a: Any) -> list[Any] | None:
    """Address lines with their institutions; None if the record does not tie them."""
    if affiliations := _get(a, "affiliations"):
        return list(affiliations)
    strings, found = _strings(a), [_get(i, "id") for i in _get(a, "institutions") or ()]
    if (len(strings) > 1 and found) or (not strings and found):
        return None
    make = dict if isinstance(a, dict) else Address
    return [make(raw_affiliation_string=s, institution_ids=list(found)) for s in strings]


def _get(record: Any, name: str) -> Any:
    return record.get(name) if isinstance(record, dict) else getattr(record, name, None)
