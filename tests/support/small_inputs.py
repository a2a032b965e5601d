"""The first lines of a synthetic world, in the formats of the publishers: input for trials that are repeated hundreds of times."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from armillary.synthetic.beside import write_world
from armillary.synthetic.world import World

_ENTITIES = {"works": 12, "authors": 15, "institutions": 15, "sources": 5, "topics": 10}


def small_inputs(scratch: Path, out: Path) -> Path:
    """Below ``out``: a snapshot ``snapshot/``, a newer one ``update/``, ``ror.jsonl``, and a file a further source."""
    write_world(World(1_000, 3), scratch)
    for entity, n in _ENTITIES.items():
        source = sorted((scratch / "data" / "jsonl" / entity).rglob("*.gz"))[0]
        lines = gzip.decompress(source.read_bytes()).splitlines()[:n]
        _write(out / "snapshot" / "data" / entity / source.parent.name / source.name, lines)
        if entity == "works":
            newer = [{**json.loads(line), "updated_date": "2027-01-01T00:00:00"} for line in lines[:4]]
            target = out / "update" / "data" / entity / "updated_date=2027-01-01" / "part_000.gz"
            _write(target, [json.dumps(r).encode() for r in newer])
    for name, lines in (
        ("patents/plain.csv", 20),
        ("patents/deals.csv", 10),
        ("policy/citations.csv", 20),
        ("series/tidy.csv", 20),
    ):
        target = out / Path(name).name
        target.write_bytes(b"\n".join((scratch / name).read_bytes().splitlines()[:lines]) + b"\n")
    lines = gzip.decompress((scratch / "contributions" / "planted.jsonl.gz").read_bytes()).splitlines()[:20]
    (out / "contributions.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    names = {"value": "University of Somewhere", "types": ["ror_display"], "lang": "en"}
    place = {"geonames_id": 1, "geonames_details": {"name": "Somewhere", "lat": 1.0, "lng": 2.0, "country_code": "FR"}}
    record = {"id": "https://ror.org/042nb2s44", "names": [names], "locations": [place], "types": ["education"], "status": "active"}
    (out / "ror.jsonl").write_text(json.dumps(record | {"relationships": [], "external_ids": [], "established": 1900}) + "\n")
    (out / "pairs.csv").write_text("year,country_a,country_b,works\n2020,FR,US,5\n2020,FR,DE,3\n2020,US,DE,2\n2021,FR,US,6\n")
    (out / "lists.csv").write_text("label,id\nfirst,W1\nfirst,W2\nsecond,W1\n")
    (out / "classes.csv").write_text("work_id,class,class_name\nW1,a,first\nW2,b,second\n")
    (out / "others.csv").write_text("name\nAustria\nFrance\nSomewhere\n")
    (out / "years.csv").write_text("year,value\n" + "".join(f"{y},{0.3 + (y - 2010) / 100}\n" for y in range(2010, 2021)))
    (out / "article.txt").write_text("China published 30 percent of the papers in 2023. France ranks third in the world by Share.\n")
    for name in ("geo/cities.json", "claims.toml"):
        (out / Path(name).name).write_bytes((scratch / name).read_bytes())
    (out / "registry").mkdir()
    for name in ("about.toml", "countries.csv", "journals.csv", "regions.toml"):
        (out / "registry" / name).write_bytes((scratch / "registry" / name).read_bytes())
    return out


def _write(path: Path, lines: list[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(b"\n".join(lines) + b"\n", mtime=0))
