"""Metadata in JSON-LD: Croissant 1.0 (tables for machine learning) and plain schema.org (search engines for data)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from armillary.publishing.tables import Attribution, Package, PackedFile, Sheet, slug

_TYPES = {"integer": "sc:Integer", "number": "sc:Float", "boolean": "sc:Boolean", "date": "sc:Date", "string": "sc:Text"}
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that the specification asks for, word by word."""


def croissant(package: Package, files: Sequence[PackedFile]) -> dict[str, Any]:
    """The Croissant description: a file object and a record set for each table."""
    found = {f.path: f for f in files}
    objects = [
        {
            "@type": "cr:FileObject",
            "@id": s.path,
            "name": s.path,
            "contentUrl": s.path,
            "contentSize": f"{found[s.path].bytes_n} B",
            "encodingFormat": "text/csv",
            "sha256": found[s.path].sha256,
        }
        for s in package.sheets
    ]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        **_about(package),
        "distribution": objects,
        "recordSet": [_records(s) for s in package.sheets],
    }


def _records(sheet: Sheet) -> dict[str, Any]:
    name = slug(sheet.name)
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": ". ".join(x for x in (sheet.title, sheet.note) if x),
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column}",
                "name": f"{name}/{column}",
                "description": meaning or column,
                "dataType": _TYPES[kind],
                "source": {"fileObject": {"@id": sheet.path}, "extract": {"column": column}},
            }
            for column, kind, meaning in sheet.columns()
        ],
    }


def dataset(package: Package, files: Sequence[PackedFile]) -> dict[str, Any]:
    """The same for search engines: schema.org ``Dataset`` with its downloads and what was measured."""
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        **_about(package),
        "isAccessibleForFree": True,
        "variableMeasured": [{"@type": "PropertyValue", "name": s.title} for s in package.sheets],
        "distribution": [
            {
                "@type": "DataDownload",
                "name": f.path,
                "contentUrl": f.path,
                "encodingFormat": f.media,
                "contentSize": f"{f.bytes_n} B",
                "sha256": f.sha256,
            }
            for f in files
            if f.path.startswith("data/")
        ],
    }


def _about(package: Package) -> dict[str, Any]:
    origins = package.origins
    addresses = [a for a in dict.fromkeys(o.licence_address for o in origins if o.licence) if a]
    out: dict[str, Any] = {
        "name": package.title,
        "description": package.description,
        "version": package.version,
        "datePublished": package.date,
        "license": addresses[0] if len(addresses) == 1 else addresses,
        "creator": [{"@type": "Organization", "name": n} for n in dict.fromkeys(o.publisher for o in origins if o.publisher)],
        "isBasedOn": [o.address for o in origins if o.address],
        "citeAs": "; ".join(_cite(o) for o in origins),
        "url": origins[0].address if len(origins) == 1 else "",
    }
    return {k: v for k, v in out.items() if v}


def _cite(o: Attribution) -> str:
    return ", ".join(x for x in (o.publisher, o.title, o.vintage) if x)
