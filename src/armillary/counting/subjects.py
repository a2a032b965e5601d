"""Subjects by name: OpenAlex domains, fields, subfields and topics, and the five subjects of the selective journal list."""

from __future__ import annotations

from dataclasses import dataclass

from armillary import registry
from armillary.core.corpus import Corpus
from armillary.errors import UnknownNameError

LEVELS = ("domain", "field", "subfield", "topic")


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject as a work filter: ``spec`` is the filter (``subject:field:16``), ``name`` what people read."""

    spec: str
    name: str


def journal_subjects() -> dict[str, str]:
    """Codes and names of the five subjects of the selective journal list."""
    return {code: s["name"] for code, s in registry.read_toml("journals", "subjects.toml")["subjects"].items()}


def subject_names(corpus: Corpus) -> dict[str, Subject]:
    """Every subject the corpus knows: ``name in lower case`` and ``level:id`` -> Subject. The broader level wins a shared name."""

    def build() -> dict[str, Subject]:
        columns = (*tuple(c for level in LEVELS[:3] for c in (f"{level}_id", f"{level}_name")), "topic_id", "name")
        table = corpus.lookup("topic", columns)
        out: dict[str, Subject] = {}
        for level in LEVELS:
            ids = table[f"{level}_id"].to_pylist()
            names = table["name" if level == "topic" else f"{level}_name"].to_pylist()
            for number, name in sorted({(i, n) for i, n in zip(ids, names, strict=True) if i is not None and n}):
                subject = Subject(f"subject:{level}:{number}", name)
                out.setdefault(name.casefold(), subject)
                out[f"{level}:{number}"] = subject
        return out

    known: dict[str, Subject] = corpus.value("subjects", build)
    return known


def resolve_subject(corpus: Corpus, name: str, *, journal_scope: bool) -> Subject:
    """The subject a user means. Inside a journal-list scope the five subjects of that list come first.

    ``journals:chemistry`` and ``field:16`` name one explicitly. :class:`UnknownNameError` suggests near names.
    """
    five = journal_subjects()
    word = name.strip().casefold()
    if word.startswith("journals:") or journal_scope:
        bare = word.removeprefix("journals:").replace(" ", "-")
        by_name = {n.casefold(): c for c, n in five.items()}
        code = bare if bare in five else by_name.get(word.removeprefix("journals:"))
        if code:
            return Subject(f"journal-subject:{code}", five[code])
        if word.startswith("journals:"):
            raise UnknownNameError("subject of the journal list", bare, five)
    known = subject_names(corpus)
    if word in known:
        return known[word]
    raise UnknownNameError("subject", name, [s.name for s in known.values()] + (list(five) if journal_scope else []))
