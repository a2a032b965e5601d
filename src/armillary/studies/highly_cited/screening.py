"""Screening lists as inputs: people taken out with a reason, works retracted beyond what the records say."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from armillary.core import guarded
from armillary.core.corpus import Corpus
from armillary.errors import InputError
from armillary.sources.retractions import read_retraction_list

log = logging.getLogger(__name__)

_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")


def read_exclusions(corpus: Corpus, path: Path) -> dict[int, str]:
    """A CSV with ``author_id`` (A123) or ``orcid``, and ``reason``: author id -> reason. An ORCID takes out every record that carries
    it.
    """
    out: dict[int, str] = {}
    by_orcid: dict[str, str] = {}
    for line, row in _rows(path, {"author_id", "orcid"}):
        reason = (row.get("reason") or "").strip() or "excluded by list"
        author = (row.get("author_id") or "").strip().removeprefix("https://openalex.org/").lstrip("Aa")
        orcid = _ORCID.search((row.get("orcid") or "").upper())
        if author.isdigit():
            out[int(author)] = reason
        elif orcid:
            by_orcid[orcid.group()] = reason
        else:
            raise InputError(f"line {line}: neither an author id (A123) nor an ORCID", where=path, fix="fill one of author_id and orcid")
    if by_orcid:
        authorship = corpus.table("authorship")
        found = authorship.filter(authorship.orcid.isin(sorted(by_orcid)) & authorship.author_id.notnull())
        for hit in corpus.fetch(found.select("author_id", "orcid").distinct()).to_pylist():
            out.setdefault(hit["author_id"], by_orcid[hit["orcid"]])
    return dict(sorted(out.items()))


def read_retractions(corpus: Corpus, path: Path) -> frozenset[int]:
    """The works of this observatory on a list (``work_id`` or ``doi``, or Retraction Watch by the nature of its notices).

    What the list does not say clearly is warned of; see :func:`~armillary.sources.retractions.read_retraction_list`.
    """
    found = read_retraction_list(path)
    for note in found.notes:
        log.warning("%s: %s", path.name, note)
    works = set(found.works)
    if found.dois:
        table = corpus.store.read("work", columns=["work_id", "doi"])
        works.update(table.filter(pc.is_in(table["doi"], value_set=pa.array(sorted(found.dois))))["work_id"].to_pylist())
    return frozenset(works)


def _rows(path: Path, any_of: set[str]) -> list[tuple[int, dict[str, str]]]:
    rows = list(guarded.csv_rows(path))
    if rows and not set(rows[0][1]) & any_of:
        raise InputError(f"no column {' or '.join(sorted(any_of))}", where=path, fix="name the columns in the first line")
    return rows
