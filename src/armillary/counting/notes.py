"""What must be said beside every result made from a corpus, whatever it is: of which kind its works are."""

from __future__ import annotations

from armillary.core.corpus import Corpus
from armillary.core.frame import frame_of
from armillary.errors import DataError
from armillary.registry.notes import Note


def corpus_notes(corpus: Corpus) -> list[Note]:
    """Whether the works are invented, a sample and of which kind, or those of one institution or country; empty for a whole world."""
    if corpus.data_version.get("synthetic"):
        return [Note("synthetic")]
    note = frame_of(corpus.store).note(corpus.store.rows("work"))
    return [] if note is None else [note]


def compared_notes(corpus: Corpus) -> list[Note]:
    """That all works here stand for the world in a comparison, where they are not the world."""
    return [Note("compared-here")] if corpus.data_version.get("sample") else []


def require_no_blocking(corpus: Corpus, what: str, fix: str) -> None:
    """Refuse ``what`` (a list of people, a claim) where a note of level *blocking* says that these works cannot carry it."""
    for note in corpus_notes(corpus):
        if note.level == "blocking":
            raise DataError(f"{what} cannot be made from these works. {note.removesuffix('.')}", where=corpus.store.path, fix=fix)
