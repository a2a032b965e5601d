"""``datapackage.json``: Frictionless Data Package 1 with a Table Schema for each table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from armillary.publishing.tables import Attribution, Package, PackedFile, Sheet, slug


def datapackage(package: Package, files: Sequence[PackedFile]) -> dict[str, Any]:
    """The descriptor; every resource with bytes, hash and columns."""
    found = {f.path: f for f in files}
    out: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": slug(package.name),
        "title": package.title,
        "description": package.description,
        "version": package.version,
        "sources": [_source(o) for o in package.origins],
        "licenses": _licences(package.origins),
        "resources": [_resource(s, found[s.path]) for s in package.sheets],
    }
    return {k: v for k, v in out.items() if v}


def _resource(sheet: Sheet, file: PackedFile) -> dict[str, Any]:
    fields = [{"name": n, "type": k, **({"description": m} if m else {})} for n, k, m in sheet.columns()]
    out = {
        "profile": "tabular-data-resource",
        "name": slug(sheet.name),
        "title": sheet.title,
        "description": sheet.note,
        "path": file.path,
        "format": "csv",
        "mediatype": file.media,
        "encoding": "utf-8",
        "bytes": file.bytes_n,
        "hash": f"sha256:{file.sha256}",
        "sources": [_source(o) for o in sheet.origins],
        "licenses": _licences(sheet.origins),
        "schema": {"fields": fields, "missingValues": [""]},
    }
    return {k: v for k, v in out.items() if v}


def _source(o: Attribution) -> dict[str, str]:
    title = ", ".join(x for x in (o.publisher, o.title, o.vintage and f"vintage {o.vintage}") if x)
    return {"title": title, **({"path": o.address} if o.address else {})}


def _licences(origins: Sequence[Attribution]) -> list[dict[str, str]]:
    out = []
    for o in {o.licence: o for o in origins if o.licence}.values():
        named = {"name": o.licence_id} if o.licence_id else {}
        place = {"path": o.licence_address} if o.licence_address else {}
        if named or place:  # a licence without either is not allowed; its wording stands in README.md
            out.append({**named, **place, "title": o.licence})
    return out
