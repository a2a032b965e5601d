"""Lists as units: works, journals, authors, institutions or awards that a file puts under labels (a project, a set of journals, a school).

A CSV file with a column ``label`` and one with ids (``id``, or named for what it holds: ``doi``, ``work``, ``issn``, ``source``, ``orcid``,
``author``, ``institution``, ``ror``, ``award``), or with a saved query of words (``query``, the language of the work filter of that name).
All ids of a file are of one kind. Works, journals, awards and queries bring whole papers: a paper counts in full for each label that names
it. Authors and institutions have their part of a paper under the recipe's counting method.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from armillary.core import guarded, own_files
from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.goals.language import parse
from armillary.errors import InputError, SpecError, UsageError
from armillary.sources.values.doi import read_doi
from armillary.sources.values.orcid import read_orcid

COLUMNS = (
    "id",
    "doi",
    "work",
    "work_id",
    "issn",
    "source",
    "orcid",
    "author",
    "author_id",
    "institution",
    "institution_id",
    "ror",
    "award",
    "query",
)
_LETTERS = {"W": "work", "S": "source", "A": "author", "I": "institution"}
_ID = re.compile(r"(?:https?://(?:api\.)?openalex\.org/(?:[a-z]+/)?)?([WSAI])(\d{1,18})/?", re.IGNORECASE)
OWN = "own"
"""As the file of a recipe: the lists that the observatory has (``armillary ingest lists``)."""
LEADS = ("first", "last", "corresponding")
"""Counting methods that ask who led, which a list of whole papers cannot say."""
WHOLE = ("work", "source", "award", "query")
"""Kinds of members that bring whole papers."""


@dataclass(frozen=True, slots=True)
class UnitLists:
    """``rows``: label, the form of the id (``doi``, ``id``, ...) and the id; ``kind`` is work, source, award, author or institution."""

    kind: str
    rows: tuple[tuple[str, str, str], ...]
    digest: str

    @property
    def labels(self) -> list[str]:
        """The labels, sorted."""
        return sorted({label for label, _, _ in self.rows})


def read_lists(path: Path) -> UnitLists:
    """The lists of a file; :class:`InputError` names the line and what is wrong with it."""
    rows: dict[tuple[str, str, str], None] = {}
    kinds: dict[str, int] = {}
    for line, row in guarded.csv_rows(path, needed=("label",), delimiter=None):
        column = next((c for c in COLUMNS if c in row), None)
        if column is None:
            raise InputError("no column with ids", where=path, fix=f"name it id, or {', '.join(COLUMNS[1:])}")
        label, text = row["label"].strip(), row[column].strip()
        if not label or not text:
            raise InputError("a row without label or id", where=f"{path}, line {line}", fix="fill both, or remove the row")
        kind, form, value = _member(text, column, f"{path}, line {line}")
        kinds.setdefault(kind, line)
        rows[(label, form, value)] = None
    if not rows:
        raise InputError("the file lists nothing", where=path, fix="write a row for each member: label,id")
    if len(kinds) > 1:
        said = " and ".join(f"{kind}s (line {line})" for kind, line in kinds.items())
        raise InputError(f"the file lists {said}", where=path, fix="use one file for each kind")
    return UnitLists(next(iter(kinds)), tuple(sorted(rows)), hashlib.sha256(path.read_bytes()).hexdigest())


def _member(text: str, column: str, where: str) -> tuple[str, str, str]:
    """Kind, form and value of one id."""
    if column == "query":
        try:
            parse(text)
        except SpecError as error:
            raise InputError(f"a query that cannot be read: {error.what}", where=where, fix=error.fix) from None
        return "query", "query", text
    if column == "award":
        return "award", "award", text.casefold()
    if match := _ID.fullmatch(text):
        return _LETTERS[match[1].upper()], "id", match[2]
    bare = re.sub(r"^https?://(www\.)?(orcid\.org|ror\.org)/", "", text, flags=re.IGNORECASE)
    if re.fullmatch(r"\d{4}-?\d{3}[\dxX]", bare):
        digits = bare.replace("-", "").upper()
        return "source", "issn", f"{digits[:4]}-{digits[4:]}"
    if (orcid := read_orcid(bare).value) is not None:
        return "author", "orcid", orcid
    if re.fullmatch(r"0[a-z0-9]{6}\d{2}", bare.casefold()):
        return "institution", "ror", bare.casefold()
    if (doi := read_doi(text).value) is not None:
        return "work", "doi", doi
    raise InputError(
        f"'{text[:80]}' is no id that can be listed", where=where, fix="give a DOI, ORCID, ISSN, ROR or OpenAlex id (W, A, I, S)"
    )


def lists_of(corpus: Corpus, recipe: Recipe) -> UnitLists:
    """The lists that a recipe names."""
    path = _file(corpus, recipe)
    if not path.is_file():
        raise InputError("there is no such file of lists", where=path, fix="give a CSV file with the columns label and id")
    found: UnitLists = corpus.value(f"lists:{path}:{hashlib.sha256(path.read_bytes()).hexdigest()}", lambda: read_lists(path))
    return found


def labels_of(corpus: Corpus) -> dict[str | int, str]:
    """The labels of the observatory's own lists, each with itself as its name; empty where there are none."""
    own = own_files.lists(corpus.store)
    return {} if own is None else {label: label for label in read_lists(own).labels}


def named_by_file(corpus: Corpus, recipe: Recipe) -> Recipe:
    """The recipe with the path of the observatory's own lists for ``own``, so that its digest is of what they hold."""
    return recipe.but(lists=str(_file(corpus, recipe))) if recipe.lists == OWN else recipe


def _file(corpus: Corpus, recipe: Recipe) -> Path:
    if recipe.lists != OWN:
        return Path(recipe.lists)
    own = own_files.lists(corpus.store)
    if own is None:
        fix = "run armillary ingest lists FILE.csv (columns label and id), or give --lists FILE.csv"
        raise InputError("there are no lists here", where=corpus.store.path, fix=fix)
    return own


def has_whole_papers(corpus: Corpus, recipe: Recipe) -> bool:
    """Whether the recipe's units are lists that bring whole papers, so that no author divides them."""
    return recipe.unit == "list" and lists_of(corpus, recipe).kind in WHOLE


def list_works(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """``work_id, unit_id``, distinct: the works of each label, for lists that bring whole papers."""
    if recipe.counting in LEADS:
        raise UsageError("a list of works has no authors of its own, so nobody leads for it", fix="use full, or list authors")
    lists, work = lists_of(corpus, recipe), corpus.table("work")
    if lists.kind == "award":
        award = corpus.table("work_award")
        return _matched(award.mutate(key=award.award_id.lower()).filter(_.key.notnull()), "key", lists, "award", "work_id").distinct()
    if lists.kind == "query":
        from armillary.counting.query import matching_works

        parts = [matching_works(corpus, q).mutate(unit_id=ibis.literal(label)) for label, _, q in lists.rows]
        return reduce(lambda a, b: a.union(b), parts).select("work_id", "unit_id").distinct()
    if lists.kind == "source":
        by_issn = _issns(corpus, lists)
        sources = _ids(lists).union(by_issn) if by_issn is not None else _ids(lists)
        return work.join(sources, work.source_id == sources.key).select("work_id", "unit_id").distinct()
    listed = _ids(lists)
    direct = work.join(listed, work.work_id == listed.key).select("work_id", "unit_id")
    return direct.union(_matched(work, "doi", lists, "doi", "work_id")).distinct()


def list_members(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """``key, unit_id``, distinct: author or institution ids of each label, for lists that have part of a paper."""
    lists = lists_of(corpus, recipe)
    if lists.kind == "author":
        table, column, key = corpus.table("authorship").filter(_.author_id.notnull() & _.orcid.notnull()), "orcid", "author_id"
        own = corpus.table("author").filter(_.orcid.notnull()) if corpus.has("author") else None
        found = _matched(table, column, lists, "orcid", key)
        if own is not None:
            found = found.union(_matched(own, column, lists, "orcid", key))
    else:
        key = "institution_id"
        found = _matched(corpus.table("institution").filter(_.ror_id.notnull()), "ror_id", lists, "ror", key)
    return _ids(lists).union(found.select(key=found[key], unit_id=found.unit_id)).distinct()


def _ids(lists: UnitLists) -> ir.Table:
    """``key, unit_id`` of members named by their OpenAlex id."""
    rows = [(int(v), label) for label, form, v in lists.rows if form == "id"]
    keys, labels = [k for k, _ in rows], [label for _, label in rows]
    return ibis.memtable(pa.table({"key": pa.array(keys, pa.int64()), "unit_id": pa.array(labels, pa.string())}))


def _matched(table: ir.Table, column: str, lists: UnitLists, form: str, key: str) -> ir.Table:
    """``key, unit_id`` of rows of ``table`` whose ``column`` is listed."""
    rows = [(v, label) for label, f, v in lists.rows if f == form]
    names, labels = [v for v, _ in rows], [label for _, label in rows]
    listed = ibis.memtable(pa.table({"name": pa.array(names, pa.string()), "unit_id": pa.array(labels, pa.string())}))
    return table.select(key, _named=table[column]).join(listed, [("_named", "name")]).select(key, "unit_id")


def _issns(corpus: Corpus, lists: UnitLists) -> ir.Table | None:
    """``key, unit_id`` of journals named by an ISSN."""
    wanted = [(v, label) for label, form, v in lists.rows if form == "issn"]
    if not wanted:
        return None
    table = corpus.lookup("source", ("source_id", "issn_l", "issns"))
    known: dict[str, list[int]] = {}
    for number, linking, others in zip(*(table[c].to_pylist() for c in table.column_names), strict=True):
        for issn in {linking, *(others or "").split(";")} - {None, ""}:
            known.setdefault(issn.upper(), []).append(number)
    rows = [(number, label) for issn, label in wanted for number in known.get(issn, [])]
    keys, labels = [k for k, _ in rows], [label for _, label in rows]
    return ibis.memtable(pa.table({"key": pa.array(keys, pa.int64()), "unit_id": pa.array(labels, pa.string())}))


def listed_and_found(corpus: Corpus, recipe: Recipe) -> tuple[int, int, str]:
    """How many members the file lists, how many of them are here, and of which kind they are."""
    lists = lists_of(corpus, recipe)

    def count() -> int:
        if lists.kind == "work":
            work, ids = corpus.table("work"), _ids(lists)
            by_id = work.join(ids, work.work_id == ids.key).select("work_id")
            there = by_id.union(_matched(work, "doi", lists, "doi", "work_id").select("work_id"))
            return int(corpus.scalar(there.work_id.nunique()))
        if lists.kind == "query":
            from armillary.counting.query import matching_works

            return sum(bool(corpus.scalar(matching_works(corpus, q).count())) for q in {q for _, _, q in lists.rows})
        if lists.kind == "award":
            there = _matched(corpus.table("work_award").mutate(key=_.award_id.lower()), "key", lists, "award", "key")
            return int(corpus.scalar(there.key.nunique()))
        if lists.kind == "source":
            by_issn = _issns(corpus, lists)
            listed = _ids(lists) if by_issn is None else _ids(lists).union(by_issn)
            return int(corpus.scalar(listed.semi_join(corpus.table("work"), listed.key == corpus.table("work").source_id).key.nunique()))
        return int(corpus.scalar(list_members(corpus, recipe).key.nunique()))

    members = {(form, value) for _, form, value in lists.rows}
    return len(members), int(corpus.value(f"lists found:{lists.digest}", count)), lists.kind
