"""A small invented observatory written straight into the store: 14 cities, 42 institutions, ten years of works, hostile text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.core import schema
from armillary.core.store import Store

HOSTILE_TITLES = (
    '<script>alert("title")</script>Graphene',
    '=HYPERLINK("http://evil.invalid","click")',
    '"><img src=x onerror=alert(1)>',
    "</script></style><!-- ]]> &lt;b&gt; &amp;amp;",
    "{{ 7*7 }} {% raw %} ${jndi:x}",
    "<mml:math><mml:mi>α</mml:mi></mml:math> \u202eright to left\u202c",
    "'; DROP TABLE work; --",
    "+1+cmd|' /C calc'!A0",
)
HOSTILE_NAME = '<b onmouseover="alert(2)">Evil</b> & Sons </script> University'
CITIES = [
    ("Beijing", "CN", 39.9, 116.4),
    ("Shanghai", "CN", 31.2, 121.5),
    ("Hefei", "CN", 31.8, 117.2),
    ("Boston", "US", 42.4, -71.1),
    ("New York", "US", 40.7, -74.0),
    ("San Francisco", "US", 37.8, -122.4),
    ("London", "GB", 51.5, -0.1),
    ("Cambridge", "GB", 52.2, 0.1),
    ("Paris", "FR", 48.9, 2.35),
    ("Munich", "DE", 48.1, 11.6),
    ("Tokyo", "JP", 35.7, 139.7),
    ("Seoul", "KR", 37.6, 127.0),
    ("São Paulo", "BR", -23.5, -46.6),
    ("Bengaluru", "IN", 13.0, 77.6),
]
FIELDS = [
    (16, "Chemistry", 3, "Physical Sciences"),
    (27, "Medicine", 4, "Health Sciences"),
    (31, "Physics and Astronomy", 3, "Physical Sciences"),
    (13, "Biochemistry, Genetics and Molecular Biology", 1, "Life Sciences"),
]
FIRST, LAST = 2015, 2024


def table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows of a core table; columns that are not given are null."""
    found = schema.table(name).schema
    loose = pa.schema([pa.field(f.name, f.type) for f in found])
    return pa.Table.from_pylist([{c: r.get(c) for c in loose.names} for r in rows], schema=loose)


def build(path: Path, *, works: int = 1200, seed: int = 7) -> Path:
    """Write the observatory into ``path``."""
    rng = np.random.default_rng(seed)
    institutions, places, homes = [], [], []
    for c, (city, country, lat, lon) in enumerate(CITIES):
        places.append(
            {
                "place_id": f"c{c}-{city.split()[0].lower()}",
                "name": city,
                "place_kind": "city",
                "country_code": country,
                "lat_deg": lat,
                "lon_deg": lon,
                "population_n": 1_000_000 * (c + 1),
            }
        )
        for k in range(3):
            number = 1000 + 3 * c + k
            name = HOSTILE_NAME if number == 1001 else f"{('University of ', 'Institute of Technology ', 'Academy of ')[k]}{city}"
            institutions.append(
                {
                    "institution_id": number,
                    "ror_id": f"0{number:08d}",
                    "name": name,
                    "institution_type": "company" if k == 2 else "education",
                    "country_code": country,
                    "city": city,
                    "lat_deg": lat,
                    "lon_deg": lon,
                    "place_origin": "ror",
                    "origin": "entity",
                }
            )
            homes.append({"institution_id": number, "place_id": places[-1]["place_id"], "assigned_by": "polygon", "distance_km": 0.0})
    sources = [
        {"source_id": 50 + i, "name": f"Journal {i}", "source_type": "journal", "issn_l": f"0000-00{i:02d}", "origin": "entity"}
        for i in range(5)
    ]
    topics = [
        {
            "topic_id": 10_000 + 10 * f + t,
            "name": f"{name} topic {t}",
            "subfield_id": 100 * f + 1,
            "subfield_name": f"General {name}",
            "field_id": f,
            "field_name": name,
            "domain_id": d,
            "domain_name": domain,
            "origin": "entity",
        }
        for f, name, d, domain in FIELDS
        for t in range(3)
    ]
    weight = np.array([1 / (1 + i % 14) for i in range(len(institutions))])
    work, authorship, affiliation, citation, tagged = [], [], [], [], []
    for w in range(works):
        number, n = 1_000_000 + w, 1 + int(rng.poisson(2.5))
        year = int(rng.integers(FIRST, LAST + 1))
        topic = topics[int(rng.integers(len(topics)))]
        title = HOSTILE_TITLES[w // 3 % len(HOSTILE_TITLES)] if w % 3 == 0 else f"On the structure of {topic['name']} ({w})"
        work.append(
            {
                "work_id": number,
                "doi": f"10.1234/x.{w}" if w % 7 else None,
                "title": title,
                "year": year,
                "type": "article",
                "type_raw": "article",
                "language": "en",
                "source_id": 50 + w % 5,
                "topic_id": topic["topic_id"],
                "subfield_id": topic["subfield_id"],
                "field_id": topic["field_id"],
                "domain_id": topic["domain_id"],
                "is_retracted": w % 97 == 0,
                "is_paratext": False,
                "is_xpac": False,
                "n_authors": n,
                "n_corresponding": 1,
                "is_authors_truncated": False,
                "n_references": 5,
                "cited_by_n": int(rng.poisson(8)),
                "oa_status": ("gold", "green", "closed")[w % 3],
                "has_abstract": True,
            }
        )
        tagged.append({"work_id": number, "topic_id": topic["topic_id"], "score": 0.9})
        drift = weight * np.array([1 + (0.12 * (year - FIRST) if i["country_code"] == "CN" else 0.0) for i in institutions])
        chosen = rng.choice(len(institutions), size=n, p=drift / drift.sum())
        for a in range(n):
            has = rng.random() > 0.08
            place = institutions[int(chosen[a])]
            authorship.append(
                {
                    "work_id": number,
                    "author_seq": a + 1,
                    "author_id": 500_000 + int(rng.integers(300)),
                    "author_name": f"Author {a} <i>x</i>",
                    "position": "first" if a == 0 else "last" if a == n - 1 else "middle",
                    "is_corresponding": a == 0,
                    "n_addresses": 1,
                    "n_author_institutions": int(has),
                }
            )
            affiliation.append(
                {
                    "work_id": number,
                    "author_seq": a + 1,
                    "address_seq": 1,
                    "institution_id": place["institution_id"] if has else None,
                    "country_code": place["country_code"] if has else None,
                    "raw_hash": a,
                    "n_in_address": int(has),
                    "is_repeat": False,
                    "n_addresses": 1,
                    "n_author_institutions": int(has),
                }
            )
        if w > 50:
            for cited in sorted({int(c) for c in rng.integers(0, w, size=5)}):
                citation.append({"citing_id": number, "cited_id": 1_000_000 + cited, "citing_year": year})
    manifest = [
        {
            "entity": "works",
            "file": "small.gz",
            "file_sha256": "0" * 64,
            "bytes_n": 1,
            "records_n": works,
            "kept_n": works,
            "superseded_n": 0,
            "rejected_n": 0,
            "schema_generation": "2026",
            "snapshot_date": "2026-10-01",
            "classification_version": "topics 2026-10",
        }
    ]
    rejects = [{"entity": "works", "file": "small.gz", "line": 3, "reason": "no_id", "detail": "<img src=x onerror=alert(3)>"}]
    tables = {
        "institution": institutions,
        "place": places,
        "institution_place": homes,
        "source": sources,
        "topic": topics,
        "work": work,
        "authorship": authorship,
        "affiliation": affiliation,
        "citation": citation,
        "work_topic": tagged,
        "manifest": manifest,
        "reject": rejects,
    }
    store = Store.create(path)
    with store.write() as change:
        for name, rows in tables.items():
            change.replace(name, table(name, rows))
    (path / "registry").mkdir(exist_ok=True)
    (path / "registry" / "about.toml").write_text('kind = "world"\n', encoding="utf-8")
    return path
