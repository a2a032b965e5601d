"""Reading a claims file: TOML in, checked claims out; every complaint names the file and the line."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from armillary.audit.query import KEYS, ClaimQuery, complaints
from armillary.core import guarded
from armillary.core.recipe import RECIPE_KEYS
from armillary.errors import SpecError

FORMAT = 1
EVIDENCE_KINDS = ("published", "world", "series", "pairs", "index", "file")
_EVIDENCE_FORMS = (
    "write published:TABLE, world:SERIES, series:INDICATOR, pairs:INDICATOR, index:NAME, file:TABLE.csv, none, "
    "or { indicator = ... } for a ranking"
)
_CLAIM_KEYS = {"id", "article", "at", "says", "predicate", "evidence", "missing", "note", "also", "label"}
_TOP_KEYS = {"format", "title", "articles", "claim", "note"}
_ARTICLE_KEYS = {"file", "sha256", "title", "publisher", "published", "note"}
_RECIPE_KEYS = {"recipe", *RECIPE_KEYS}


@dataclass(frozen=True)
class Article:
    """One text that claims were taken from, named by its file."""

    key: str
    file: str
    sha256: str = ""
    title: str = ""
    publisher: str = ""
    published: datetime.date | None = None
    note: str = ""


@dataclass(frozen=True)
class BoundQuery:
    """A query with the evidence it is held against; ``label`` names it where a claim has several."""

    query: ClaimQuery
    evidence: str | Mapping[str, Any]
    label: str = ""


@dataclass(frozen=True)
class Claim:
    """One sentence that can be true or false: where it stands, what it says in our words, and what it says as a query."""

    id: str
    says: str
    main: BoundQuery
    article: str | None = None
    at: tuple[int, int] | None = None
    also: tuple[BoundQuery, ...] = ()
    missing: str = ""
    note: str = ""
    label: str = ""
    """What the article calls the period, where that is not the evidence's own name."""
    line: int = 0

    @property
    def sha256(self) -> str:
        """Hash of the query and its evidence references; wording and place do not matter."""
        body = [[r.query.predicate, dict(sorted(r.query.args.items())), r.evidence, r.label] for r in (self.main, *self.also)]
        return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class ClaimsFile:
    """All claims of one file."""

    path: str
    title: str
    articles: Mapping[str, Article]
    claims: tuple[Claim, ...]
    sha256: str
    note: str = ""
    here: Path = field(default_factory=Path)
    """Folder that paths in the file are relative to."""


def builtin(name: str) -> Path | None:
    """The claims file of that name that travels with the package, or None."""
    path = Path(str(resources.files("armillary.registry"))) / "claims" / f"{name}.toml"
    return path if re.fullmatch(r"[a-z0-9-]+", name) and path.is_file() else None


def builtin_names() -> list[str]:
    """Names of the claims files that travel with the package."""
    return sorted(p.stem for p in (Path(str(resources.files("armillary.registry"))) / "claims").glob("*.toml"))


def read(path: Path) -> ClaimsFile:
    """Read and check a claims file; SpecError with file and line says what is wrong with the first bad claim."""
    try:
        path.stat()
    except FileNotFoundError:
        known = ", ".join(builtin_names())
        raise SpecError(
            "there is no such claims file", where=path, fix=f"give the path of a TOML file, or one of the built-in files: {known}"
        ) from None
    except (OSError, ValueError):
        pass  # said below
    raw = guarded.read_bytes(path, limit="spec", error=SpecError)
    shown = f"built-in:{path.stem}" if builtin(path.stem) == path else str(path)
    return parse(raw, shown, path.parent)


def parse(raw: bytes, path: str, here: Path | None = None) -> ClaimsFile:
    """Check the bytes of a claims file; ``path`` is only used in messages."""
    text = guarded.parse_text(raw, path, error=SpecError)
    data = guarded.parse_toml(text, path, error=SpecError)
    lines = _Lines(text, path)
    for key in data:
        if key not in _TOP_KEYS:
            raise SpecError(f"unknown key '{key}' at the top", where=lines.top(key), fix=f"known: {', '.join(sorted(_TOP_KEYS))}")
    if data.get("format", FORMAT) != FORMAT:
        raise SpecError(f"format {data['format']!r} is not known", where=lines.top("format"), fix=f"write: format = {FORMAT}")
    articles = _articles(data.get("articles", {}), lines)
    entries = data.get("claim")
    if not isinstance(entries, list) or not entries or not all(isinstance(e, dict) for e in entries):
        raise SpecError("no [[claim]]", where=path, fix="add a [[claim]] with id, says, predicate and evidence")
    claims = tuple(_claim(e, i, articles, lines) for i, e in enumerate(entries))
    seen: dict[str, int] = {}
    for claim in claims:
        if claim.id in seen:
            raise SpecError(
                f"two claims have the id '{claim.id}'",
                where=f"{path}, line {claim.line}",
                fix=f"rename one; the other is at line {seen[claim.id]}",
            )
        seen[claim.id] = claim.line
    for key in ("title", "note"):
        if not isinstance(data.get(key, ""), str):
            raise SpecError(f"'{key}' must be text", where=lines.top(key))
    return ClaimsFile(path, data.get("title", ""), articles, claims, hashlib.sha256(raw).hexdigest(), data.get("note", ""), here or Path())


def _articles(table: Any, lines: _Lines) -> dict[str, Article]:
    if not isinstance(table, dict):
        raise SpecError("'articles' must be tables [articles.NAME]", where=lines.top("articles"))
    found: dict[str, Article] = {}
    for key, entry in table.items():
        where = lines.header(f"articles.{key}")
        if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
            raise SpecError(f"article '{key}' names no file", where=where, fix='add a line: file = "..."')
        for name, value in entry.items():
            if name not in _ARTICLE_KEYS:
                raise SpecError(f"unknown key '{name}' of an article", where=where, fix=f"known: {', '.join(sorted(_ARTICLE_KEYS))}")
            if name == "published":
                if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
                    raise SpecError("'published' must be a date such as 2025-12-02", where=where)
            elif not isinstance(value, str):
                raise SpecError(f"'{name}' must be text", where=where)
        found[key] = Article(key, **entry)
    return found


def _claim(entry: dict[str, Any], index: int, articles: Mapping[str, Article], lines: _Lines) -> Claim:
    def fail(key: str | None, complaint: str, fix: str | None = None) -> SpecError:
        name = entry.get("id") if isinstance(entry.get("id"), str) else f"number {index + 1}"
        return SpecError(f"claim {name}: {complaint}", where=lines.claim(index, key), fix=fix)

    for key in entry:
        if key not in _CLAIM_KEYS and key not in KEYS:
            raise fail(key, f"unknown key '{key}'", f"known: {', '.join(sorted(_CLAIM_KEYS))} and the keys of its predicate")
    for key in ("id", "says", "predicate"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise fail(key if key in entry else None, f"'{key}' must be given as text")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", entry["id"]):
        raise fail("id", "an id has letters, digits, '.', '_' and '-' only")
    for key in ("missing", "note", "label"):
        if not isinstance(entry.get(key, ""), str):
            raise fail(key, f"'{key}' must be text")
    article = entry.get("article")
    if article is not None and (not isinstance(article, str) or article not in articles):
        raise fail("article", f"article '{article}' is not described", f"add [articles.{article}]" if isinstance(article, str) else None)
    at = entry.get("at")
    if at is not None:
        good = (
            isinstance(at, list) and len(at) == 2 and all(isinstance(v, int) and not isinstance(v, bool) for v in at) and 0 <= at[0] < at[1]
        )
        if not good:
            raise fail("at", "'at' must be two offsets, [first, last + 1]")
    args = {k: v for k, v in entry.items() if k in KEYS}
    main = _reading(entry["predicate"], args, entry.get("evidence"), "", fail)
    if main.evidence == "none" and not entry.get("missing"):
        raise fail("evidence", "no evidence, but nothing said about what is missing", 'add a line: missing = "..."')
    also: list[BoundQuery] = []
    others = entry.get("also", [])
    if not isinstance(others, list) or not all(isinstance(o, dict) for o in others):
        raise fail("also", "'also' must be written as [[claim.also]]")
    for other in others:
        if not isinstance(other.get("label"), str) or not other["label"].strip():
            raise fail("also", "each [[claim.also]] needs a 'label'")
        predicate = other.get("predicate", entry["predicate"])
        if not isinstance(predicate, str):
            raise fail("also", "'predicate' must be text")
        for key in other:
            if key not in KEYS and key not in ("label", "evidence", "predicate"):
                raise fail("also", f"unknown key '{key}' in [[claim.also]]")
        own = {k: v for k, v in other.items() if k in KEYS}
        merged = own if predicate != entry["predicate"] else args | own
        also.append(_reading(predicate, merged, other.get("evidence", entry.get("evidence")), other["label"], fail))
    return Claim(
        id=entry["id"],
        says=" ".join(entry["says"].split()),
        main=main,
        article=article,
        at=None if at is None else (at[0], at[1]),
        also=tuple(also),
        missing=entry.get("missing", ""),
        note=entry.get("note", ""),
        label=entry.get("label", ""),
        line=lines.claim_line(index),
    )


def _reading(predicate: str, args: dict[str, Any], evidence: Any, label: str, fail: Any) -> BoundQuery:
    for key, complaint in complaints(predicate, args):
        raise fail(key, complaint)
    if isinstance(evidence, dict):
        for key in evidence:
            if key not in _RECIPE_KEYS:
                raise fail("evidence", f"unknown key '{key}' of a ranking", f"known: {', '.join(sorted(_RECIPE_KEYS))}")
        if not ({"recipe", "indicator"} & set(evidence)):
            raise fail(
                "evidence",
                "a ranking as evidence needs 'indicator' or 'recipe'",
                'write: evidence = { indicator = "share", unit = "city" }',
            )
    elif isinstance(evidence, str):
        kind = evidence.partition(":")[0]
        if evidence != "none" and (kind not in EVIDENCE_KINDS or not evidence.partition(":")[2]):
            raise fail(
                "evidence",
                f"'{evidence}' is not evidence",
                _EVIDENCE_FORMS,
            )
    else:
        raise fail(
            "evidence" if evidence is not None else None,
            "'evidence' must be given",
            _EVIDENCE_FORMS,
        )
    return BoundQuery(ClaimQuery(predicate, args), evidence, label)


class _Lines:
    """Where things stand in the file; TOML itself does not say."""

    def __init__(self, text: str, path: str) -> None:
        self.path = path
        self.rows = text.splitlines()
        self.starts = [i for i, row in enumerate(self.rows) if re.match(r"\s*\[\[\s*claim\s*\]\]", row)]

    def _at(self, index: int | None) -> str:
        return self.path if index is None else f"{self.path}, line {index + 1}"

    def top(self, key: str) -> str:
        return self._at(next((i for i, row in enumerate(self.rows) if re.match(rf"\s*\[*\s*{re.escape(key)}\b", row)), None))

    def header(self, name: str) -> str:
        return self._at(next((i for i, row in enumerate(self.rows) if row.strip().replace(" ", "") == f"[{name}]"), None))

    def claim_line(self, index: int) -> int:
        return self.starts[index] + 1 if index < len(self.starts) else 0

    def claim(self, index: int, key: str | None) -> str:
        if index >= len(self.starts):
            return f"{self.path}, claim {index + 1}"
        first = self.starts[index]
        last = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.rows)
        if key is not None:
            for i in range(first, last):
                if re.match(rf"\s*\[*(claim\.)?\"?{re.escape(key)}\b", self.rows[i]):
                    return self._at(i)
        return self._at(first)
