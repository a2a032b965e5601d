"""Small observatories written down as Python values, for tests of counting and ranking.

A paper is ``{"id": 1, "authors": [author, ...], ...}``. An author is a list of address lines, an address line a list of institution ids
(empty: no match),
or a dict ``{"addresses": [...], "id": ..., "corresponding": True/False/None, "countries": [...], "name": ...}``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from armillary.core.schema import TABLES
from armillary.core.store import Store
from armillary.observatory import Observatory, open_observatory

Paper = Mapping[str, Any]


def tables(papers: Sequence[Paper], institutions: Mapping[int, Mapping[str, Any] | str]) -> dict[str, list[dict[str, Any]]]:
    """Core rows for the papers; an institution is its country code or a dict of columns."""
    out: dict[str, list[dict[str, Any]]] = {
        t: [] for t in ("work", "authorship", "affiliation", "author_country", "citation", "institution", "work_topic", "work_sdg")
    }
    entity = {i: ({"country_code": v} if isinstance(v, str) else dict(v)) for i, v in institutions.items()}
    for i, row in entity.items():
        out["institution"].append({"institution_id": i, "name": f"Institution {i}", "origin": "entity", **row})
    years = {p["id"]: p.get("year", 2020) for p in papers}
    for p in papers:
        authors = [a if isinstance(a, Mapping) else {"addresses": a} for a in p["authors"]]
        flags = [a.get("corresponding") for a in authors]
        work = {
            "work_id": p["id"],
            "title": f"Paper {p['id']}",
            "year": 2020,
            "type": "article",
            "is_retracted": False,
            "is_paratext": False,
            "is_xpac": False,
            "n_authors": len(authors),
            "n_corresponding": sum(bool(f) for f in flags),
            "is_authors_truncated": False,
            "n_references": len(p.get("references", [])),
            "cited_by_n": 0,
            "is_sdg_classified": True,
            "language": "en",
        }
        out["work"].append({**work, **{k: v for k, v in p.items() if k in TABLES["work"].columns}})
        for seq, author in enumerate(authors, start=1):
            _author(out, p["id"], seq, author, len(authors), entity)
        for cited in p.get("references", []):
            out["citation"].append({"citing_id": p["id"], "cited_id": cited, "citing_year": years[p["id"]]})
        for topic, score in p.get("topics", {}).items():
            out["work_topic"].append({"work_id": p["id"], "topic_id": topic, "score": score})
        for goal, score in p.get("sdgs", {}).items():
            out["work_sdg"].append({"work_id": p["id"], "sdg_id": goal, "score": score})
    return out


def _author(
    out: dict[str, list[dict[str, Any]]], work: int, seq: int, author: Mapping[str, Any], n: int, entity: Mapping[int, Mapping[str, Any]]
) -> None:
    addresses = author.get("addresses", [])
    matched = sorted({i for line in addresses for i in line})
    position = "first" if seq == 1 else "last" if seq == n else "middle"
    flag = author.get("corresponding")
    shared = {
        "work_id": work,
        "author_seq": seq,
        "n_addresses": len(addresses),
        "n_author_institutions": len(matched),
        "is_corresponding": flag,
    }
    out["authorship"].append(
        {**shared, "author_id": author.get("id", work * 1000 + seq), "author_name": author.get("name"), "position": position}
    )
    seen: set[int] = set()
    for place, line in enumerate(addresses, start=1):
        for i in sorted(line) or [None]:
            out["affiliation"].append(
                {
                    **shared,
                    "address_seq": place,
                    "institution_id": i,
                    "country_code": entity[i].get("country_code") if i is not None else None,
                    "n_in_address": len(line),
                    "is_repeat": i in seen,
                }
            )
            seen.add(i)
    if not addresses:
        out["affiliation"].append({**shared, "address_seq": 0, "institution_id": None, "n_in_address": 0, "is_repeat": False})
    mine = {entity[i].get("country_code") for i in matched}
    for country in sorted(set(author.get("countries", [])) - mine):
        out["author_country"].append({"work_id": work, "author_seq": seq, "country_code": country})


def store(path: Path, papers: Sequence[Paper], institutions: Mapping[int, Mapping[str, Any] | str], **more: list[dict[str, Any]]) -> Store:
    """Write the tables into a new observatory folder, declared to hold its world: impact is relative to it."""
    home = Store.create(path)
    about = path / "registry" / "about.toml"
    about.parent.mkdir(exist_ok=True)
    about.write_text('kind = "world"\n', encoding="utf-8")
    with home.write() as txn:
        for name, rows in {**tables(papers, institutions), **more}.items():
            if rows:
                schema = TABLES[name].schema
                txn.replace(name, pa.Table.from_pylist([{c: r.get(c) for c in schema.names} for r in rows], schema=schema))
    return Store.open(path)


def observatory(
    path: Path, papers: Sequence[Paper], institutions: Mapping[int, Mapping[str, Any] | str], **more: list[dict[str, Any]]
) -> Observatory:
    """An open observatory over the papers."""
    store(path, papers, institutions, **more)
    return open_observatory(path, threads=1)
