"""Find what a dossier is about (a DOI, a work id, a subject, a query) and make it."""

from __future__ import annotations

import re
from typing import Any

from armillary.core.corpus import Corpus
from armillary.counting.subjects import resolve_subject
from armillary.errors import DataError, UnknownNameError, UsageError
from armillary.studies.dossier.content import Dossier


def dossier(corpus: Corpus, target: str, *, period: str = "all", top: int = 10) -> Dossier:
    """The dossier of ``target``.

    A DOI (``10.1038/...``, with or without resolver), a work (``W123``), a subject (name, ``topic:10001``, ``field:16``), or
    ``query:...`` in the language of the goal queries, for a technology. ``period`` limits subjects and queries; ``top`` the length of
    tables.
    """
    text = target.strip()
    if not text:
        raise UsageError("a dossier needs a target", fix="give a DOI, a work id (W123), a subject, or query:...")
    work = _work_id(corpus, text)
    if work is not None:
        from armillary.studies.dossier.work import work_dossier

        return work_dossier(corpus, work, top=top)
    from armillary.studies.dossier.subject import subject_dossier

    if text.startswith("query:"):
        query = text.removeprefix("query:").strip()
        return subject_dossier(corpus, kind="query", id=query, name=query, subject=None, query=query, period=period, top=top)
    subject = resolve_subject(corpus, text, journal_scope=False)
    return subject_dossier(
        corpus,
        kind="subject",
        id=subject.spec.removeprefix("subject:"),
        name=subject.name,
        subject=text,
        query=None,
        period=period,
        top=top,
    )


def _work_id(corpus: Corpus, text: str) -> int | None:
    """The work meant by a DOI or work id; None if the text is neither; :class:`DataError` if it is but the work is not here."""
    bare = re.sub(r"^(https?://)?(openalex\.org/|(dx\.)?doi\.org/)|^doi:", "", text, flags=re.IGNORECASE)
    work = corpus.table("work")
    if re.fullmatch(r"[Ww]\d+", bare):
        rows = _rows(corpus, work.filter(work.work_id == int(bare[1:])).select("work_id"))
        if not rows:
            raise UnknownNameError("work in this observatory", bare.upper(), [])
        return int(rows[0]["work_id"])
    if re.match(r"10\.[\d.]+/", bare):  # also one that no registrant has: it is no subject either
        rows = _rows(corpus, work.filter(work.doi == bare.lower()).select("work_id", "n_authors", "cited_by_n"))
        if not rows:
            raise DataError(f"no work of this observatory has the DOI {bare}", fix="check the DOI, or ingest the record")
        # two records of one DOI: the fuller one, then the lower id
        return int(min(rows, key=lambda r: (-r["n_authors"], -(r["cited_by_n"] or 0), r["work_id"]))["work_id"])
    return None


def _rows(corpus: Corpus, expression: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = corpus.fetch(expression).to_pylist()
    return rows
