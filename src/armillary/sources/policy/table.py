"""Plain tables of policy citations (CSV or TSV, plain or gzip): our own column names, known synonyms, or a mapping file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armillary.errors import InputError, SpecError
from armillary.sources.policy.records import BrokenRecord, Citation
from armillary.sources.values.country import is_na_missing
from armillary.sources.values.doi import read_dois
from armillary.sources.values.missing import known as known_id
from armillary.sources.values.table import Record, fold_name, read_records, sniff_table

FIELDS = ("policy_id", "doi", "group", "title", "organisation", "organisation_type", "country", "year", "version_of", "cited_title")
_GENERAL = frozenset({"doi", "title"})
"""Names that mean the document or the work: a column with a name that says which comes before them."""
_SYNONYMS: dict[str, tuple[str, ...]] = {
    "policy_id": ("policy id", "policy document id", "overton id", "document id", "overton policy document id", "pdf document id"),
    "doi": (
        "cited doi",
        "matched doi",
        "scholarly doi",
        "article doi",
        "doi cited",
        "cited dois",
        "dois cited",
        "scholarly article doi",
        "scholarly dois",
        "matched dois",
        "cited scholarly doi",
        "doi",
        "dois",
        "doi s",
    ),
    "group": ("chapter", "part", "section", "working group"),
    "title": ("policy title", "document title", "policy document title", "title", "translated title"),
    "organisation": ("organization", "source title", "source", "policy source title", "published by", "publisher"),
    "organisation_type": ("organization type", "type", "source type", "source organisation type", "policy source type"),
    "country": ("country code", "source country", "policy source country", "country iso"),
    "year": ("published on", "published", "published date", "publication date", "date", "publication year", "document year"),
    "version_of": ("same as", "translation of"),
    "cited_title": ("cited work title", "article title", "scholarly article title"),
}
_MAPPINGS = Path(__file__).parent / "mappings"
_COLUMN = re.compile(r"\{([^{}]+)\}")
_SAMPLE = 1 << 16


@dataclass(frozen=True, slots=True)
class TableMapping:
    """How the columns of one foreign table make our fields: templates over its columns and over ``derive``d values; facts about its
    documents.
    """

    name: str
    recognise: frozenset[str]
    fields: dict[str, str]
    derive: dict[str, dict[str, Any]]
    documents: dict[str, dict[str, str]]


def known_mappings() -> dict[str, TableMapping]:
    """The mappings that come with Armillary, by name."""
    return {m.name: m for m in map(read_mapping, sorted(_MAPPINGS.glob("*.toml")))}


def read_mapping(path: Path) -> TableMapping:
    """A mapping file; :class:`SpecError` says what is wrong in it."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SpecError("there is no such mapping file", where=path, fix="give the path of a TOML file, or a known name") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"not valid TOML: {error}", where=path, fix="mend the file") from None
    fields = data.get("fields")
    if not isinstance(fields, dict) or not {"policy_id", "doi"} <= set(fields) or not set(fields) <= set(FIELDS):
        raise SpecError(
            "[fields] must give policy_id and doi and may give " + ", ".join(FIELDS[2:]), where=path, fix="see docs/how-to/policy.md"
        )
    return TableMapping(
        str(data.get("name", path.stem)),
        frozenset(data.get("recognise", ())),
        {k: str(v) for k, v in fields.items()},
        data.get("derive", {}),
        {k: {f: str(x) for f, x in v.items()} for k, v in data.get("documents", {}).items()},
    )


def read_table(
    text: str, where: str, mapping: TableMapping | None = None, policy_id: str | None = None
) -> Iterator[Citation | BrokenRecord]:
    """The citations of one table; several DOIs in one cell are parted. ``policy_id`` is of the one document of a table that names none.

    :class:`InputError` if needed columns are missing.
    """
    layout = sniff_table(text[:_SAMPLE], is_whole=len(text) <= _SAMPLE)
    records = read_records(text, layout)
    first = next(records, None)
    header = [h.strip() for h in first.values] if first is not None else []
    if mapping is None:
        mapping = next((m for m in known_mappings().values() if m.recognise and m.recognise <= set(header)), None) or _by_header(
            header, where, policy_id
        )
    needed = {c for template in mapping.fields.values() for c in _COLUMN.findall(template)} - set(mapping.derive)
    needed |= {str(d.get("column", name)) for name, d in mapping.derive.items()}
    if missing := sorted(needed - set(header)):
        raise InputError(
            f"the table has no column '{missing[0]}' (its columns: {', '.join(header[:12])})",
            where=where,
            fix="give a mapping file with --mapping, or rename the column; see docs/how-to/policy.md",
        )
    if twice := sorted(n for n in needed if header.count(n) > 1):
        raise InputError(
            f"{header.count(twice[0])} columns are called '{twice[0]}'", where=where, fix="rename or delete all but one of them"
        )
    for record in _without_na(list(records), header, mapping):
        if record.problem:
            yield BrokenRecord(record.line, record.problem, record.values[0])
        elif len(record.values) < len(header):
            yield BrokenRecord(record.line, "row-short", f"{len(record.values)} of {len(header)} columns")
        elif any(v.strip() for v in record.values[len(header) :]):
            yield BrokenRecord(record.line, "row-long", f"{len(record.values)} values for {len(header)} columns")
        else:
            yield from _citations(dict(zip(header, record.values, strict=False)), mapping, record.line)


def _without_na(records: list[Record], header: list[str], mapping: TableMapping) -> list[Record]:
    """Records with blanks for ``NA`` where the table shows that it is R's mark for a missing value and not Namibia."""
    at = next((header.index(c) for c in _COLUMN.findall(mapping.fields.get("country", "")) if c in header), None)
    if at is None:
        return records
    good = [r.values for r in records if not r.problem and len(r.values) > at]
    if not is_na_missing((v[at] for v in good), (c for v in good for n, c in enumerate(v) if n != at)):
        return records
    return [Record(r.line, tuple("" if n == at and c.strip() == "NA" else c for n, c in enumerate(r.values)), r.problem) for r in records]


def _citations(row: dict[str, str], mapping: TableMapping, line: int) -> Iterator[Citation | BrokenRecord]:
    for values in _derived(row, mapping.derive):
        fields = {name: _fill(template, values) or None for name, template in mapping.fields.items()}
        policy_id = known_id(fields.pop("version_of", None)) or known_id(fields["policy_id"])
        fields.pop("policy_id")
        if policy_id is None:
            yield BrokenRecord(line, "policy-id-missing", (fields["doi"] or "")[:80])
            continue
        known = mapping.documents.get(policy_id, {})
        doi = fields.pop("doi")
        for one in read_dois(doi):
            yield Citation(line, policy_id, doi, reading=one, **{**fields, **known})


def _derived(row: dict[str, str], derive: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """The row with its derived values; one row for each value where a derived column is split."""
    rows = [row]
    for name, rule in derive.items():
        split = rule.get("split")
        out = []
        for r in rows:
            raw = r[str(rule.get("column", name))]
            for value in raw.split(split) if split else [raw]:
                value = value.strip().lower() if rule.get("lower") else value.strip()
                out.append({**r, name: str(rule.get("map", {}).get(value, value))})
        rows = out
    yield from rows


def _by_header(header: list[str], where: str, policy_id: str | None) -> TableMapping:
    folded = {fold_name(h).replace("_", " "): h for h in reversed(header)}
    fields = {}
    for name in FIELDS:
        own = () if name in _GENERAL else (name.replace("_", " "),)
        for candidate in (*own, *_SYNONYMS.get(name, ())):
            if candidate in folded:
                fields[name] = "{" + folded[candidate] + "}"
                break
    if policy_id and "policy_id" not in fields:
        fields["policy_id"] = policy_id
    for name in ("policy_id", "doi"):
        if name not in fields:
            raise InputError(
                f"no column for {name} (the columns: {', '.join(header[:12])})",
                where=where,
                fix=f"name one '{name}', or give a mapping file with --mapping; see docs/how-to/policy.md",
            )
    return TableMapping("plain", frozenset(), fields, {}, {})


def _fill(template: str, values: Mapping[str, str]) -> str:
    return _COLUMN.sub(lambda m: values.get(m.group(1), ""), template).strip()
