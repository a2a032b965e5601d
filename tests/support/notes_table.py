"""What is asked in the golden table of notes: one small corpus declared as of six kinds, every command that reads records, every page."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from armillary.registry.notes import kinds
from support.tiny import store

GOLDEN = Path(__file__).with_name("notes_table.csv")
"""Columns ``what`` (a command, or the address of a page), ``kind`` (of the corpus), ``notes`` (codes, in alphabetical order; ``band``: the
band over a page that says of which kind the works are)."""
PAPERS: list[dict[str, Any]] = [
    {
        "id": n,
        "authors": [{"addresses": [[1]], "id": 1, "name": "A"}, {"addresses": [[2 + n % 2]], "id": 2 + n % 5, "name": "B"}],
        "year": 2015 + n % 6,
        "doi": f"10.1000/{n}",
        "source_id": 7,
        "topic_id": 10,
        "subfield_id": 1602,
        "field_id": 16,
        "domain_id": 3,
        "references": [k for k in (1, 2, 3) if k != n],
        "sdgs": {13: 0.9} if n % 2 else {},
    }
    for n in range(1, 41)
]
INSTITUTIONS: dict[int, Any] = {
    1: {"country_code": "CN", "institution_type": "education", "lat_deg": 40.0, "lon_deg": 116.3},
    2: {"country_code": "US", "institution_type": "company", "lat_deg": 42.4, "lon_deg": -71.1},
    3: {"country_code": "US", "institution_type": "education", "lat_deg": 42.4, "lon_deg": -71.1},
}
MORE: dict[str, list[dict[str, Any]]] = {
    "source": [{"source_id": 7, "name": "Journal", "source_type": "journal", "origin": "entity"}],
    "topic": [{"topic_id": 10, "name": "Topic", "field_id": 16, "field_name": "Chemistry", "origin": "entity"}],
    "policy_document": [{"policy_id": "d", "organisation": "IPCC", "organisation_type": "igo", "year": 2021}],
    "policy_citation": [{"policy_id": "d", "doi": f"10.1000/{n}"} for n in (1, 2, 5)],
    "place": [{"place_id": "city:b", "name": "Beijing", "country_code": "CN", "lat_deg": 40.0, "lon_deg": 116.3, "place_kind": "city"}],
    "institution_place": [{"institution_id": 1, "place_id": "city:b", "assigned_by": "nearest", "distance_km": 0.0}],
}
ABOUT = {
    "convenience-sample": 'kind = "convenience-sample"\n',
    "random-sample": 'kind = "random-sample"\nframe = "a register"\n',
    "institution": 'kind = "institution"\nframe = "I1"\n',
    "country": 'kind = "country"\nframe = "CN"\n',
    "synthetic": "synthetic = true\n",
    "world": 'kind = "world"\n',
}
KINDS = tuple(ABOUT)
COMMANDS = {
    "brief": ["brief", "--period", "2015-2020", "--claims", "none", "--formats", "md", "--no-charts", "--quiet", "--out", "OUT"],
    "city": ["city", "Beijing"],
    "clusters": ["clusters", "--sources", "pub", "--density", "1"],
    "cooperation blocs": ["cooperation", "blocs", "CN,US", "--records"],
    "cooperation brokers": ["cooperation", "brokers", "--records"],
    "cooperation countries": ["cooperation", "countries", "--records"],
    "cooperation growth": ["cooperation", "growth", "--records", "--first", "2015-2016", "--last", "2018-2019", "--min-works", "1"],
    "cooperation network": ["cooperation", "network", "--records"],
    "cooperation partners": ["cooperation", "partners", "CN", "--records"],
    "cooperation sectors": ["cooperation", "sectors"],
    "dossier": ["dossier", "chemistry"],
    "dossier W1": ["dossier", "W1"],
    "explain": ["explain", "count", "CN"],
    "export rank": ["export", "rank", "count", "--folder", "OUT"],
    "export scores": ["export", "scores", "--within-corpus"],
    "highly-cited": ["highly-cited", "--window", "2015-2020", "--min-cell", "2", "--within-corpus"],
    "lead balance": ["lead", "balance", "CN", "US"],
    "lead bylines": ["lead", "bylines"],
    "lead forecast": ["lead", "forecast", "CN", "US", "--min-year-papers", "1"],
    "lead pairs": ["lead", "pairs"],
    "path": ["path", "count", "CN"],
    "policy": ["policy"],
    "rank": ["rank", "count"],
    "rank --format csv": ["rank", "count", "--format", "csv"],
    "rank author": ["rank", "count", "--unit", "author"],
    "rank mncs": ["rank", "mncs", "--within-corpus", "--option", "min_cell=0"],
    "rank pp-collab": ["rank", "pp-collab", "--unit", "institution"],
    "rank pp-oa": ["rank", "pp-oa"],
    "rank region": ["rank", "count", "--unit", "region"],
    "robustness": ["robustness", "count"],
    "sdg evaluate": ["sdg", "evaluate"],
    "sdg profile": ["sdg", "profile"],
}
PAGES = [
    "/",
    "/rankings/count/country?period=all",
    "/rankings/count/author?period=all",
    "/rankings/pp-oa/country?period=all",
    "/rankings/mncs/country?period=all&option=baseline%3Down",
    "/rankings",
    "/map",
    "/path/count/country",
    "/units/country/CN",
    "/units/institution/I1",
    "/compare/country?ids=CN,US",
    "/robustness/count/country?period=all",
    "/records/count/country/CN?period=all",
    "/collaboration",
    "/collaboration?focus=CN&by=works",
    "/brief",
    "/dossier",
    "/dossier/field:16",
    "/dossier/W1",
    "/leadership?first=CN&second=US",
    "/clusters?density=1&source=pub",
    "/clusters/cl:40.0N116.3E?density=1&source=pub",
]


def corpora(folder: Path) -> dict[str, Path]:
    """The same works six times: only what was declared of them differs."""
    out = {}
    for kind, about in ABOUT.items():
        out[kind] = folder / kind / "obs"
        store(out[kind], PAPERS, INSTITUTIONS, **MORE)
        (out[kind] / "registry" / "about.toml").write_text(about, encoding="utf-8")
    return out


def codes_in(text: str) -> set[str]:
    """The codes of the notes in what was printed: the longest fixed part of each note's text is looked for."""
    flat = " ".join(text.split())
    marks = {c: max(fixed_parts(e["en"]), key=len) for c, e in kinds().items() if c not in ("world", "left-out", "yardstick", "break")}
    marks |= {c: f"Works of one {c}" for c in ("institution", "country")}
    return {c for c, mark in marks.items() if mark in flat}


def fixed_parts(template: str) -> list[str]:
    """The parts of a note's text between its places."""
    parts, depth, now = [], 0, ""
    for c in template:
        depth += (c == "{") - (c == "}")
        if depth or c == "}":
            parts, now = ([*parts, now.strip()], "") if now else (parts, "")
        else:
            now += c
    return [*parts, now.strip()]


def golden() -> dict[tuple[str, str], set[str]]:
    """The table: codes by what is asked and the kind of the corpus."""
    with GOLDEN.open(newline="", encoding="utf-8") as file:
        return {(r["what"], r["kind"]): set(r["notes"].split()) for r in csv.DictReader(file)}


def write_golden(rows: Iterable[tuple[str, str, set[str]]]) -> None:
    """Write the table anew, for a change that was meant."""
    with GOLDEN.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["what", "kind", "notes"])
        out.writerows([what, kind, " ".join(sorted(codes))] for what, kind, codes in rows)
