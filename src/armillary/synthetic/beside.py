"""The whole world on disk: the snapshot, and beside it the files that the other readers take."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.csv as pc

from armillary.errors import StoreError
from armillary.synthetic import claims, contributions, patents, places, policy, series, snapshot
from armillary.synthetic.truth import Truth, leaders
from armillary.synthetic.world import World

_README = """This folder is a synthetic world: {works:,} works, seed {seed}. Every name and number in it is invented.

data/            snapshot in the layout of OpenAlex         armillary ingest openalex FOLDER
registry/        names of countries, journal list, regions  (taken over by that command)
patents/         plain.csv and patentsview/*.tsv            armillary ingest patents FOLDER/patents/plain.csv
                 deals.csv: venture-capital deals           armillary ingest deals FOLDER/patents/deals.csv
policy/          citations.csv                              armillary ingest policy FOLDER/policy/citations.csv
series/          tidy.csv, mapping.toml                     armillary ingest series FOLDER/series/tidy.csv --mapping ...
contributions/   planted.jsonl.gz, by-lot.jsonl.gz          armillary ingest contributions FOLDER/contributions/planted.jsonl.gz
geo/             cities.json, urban_areas.geojson           armillary places --populated ... --polygons ...
                 countries.geojson: outlines
claims.toml      sentences with planted verdicts            armillary audit FOLDER/claims.toml
truth.json       known answers; see docs/how-to/synthetic-world.md
"""


def write_world(
    world: World, out: Path, *, layout: str = "jsonl", processes: int | None = None, progress: snapshot.Progress | None = None
) -> dict[str, int]:
    """Write everything of ``world`` below ``out``; gives the number of records of each table. Equal worlds give equal bytes."""
    counts = snapshot.write(world, out, layout=layout, processes=processes, progress=progress)
    try:
        return counts | write_beside(world, out)
    except OSError as error:
        raise StoreError(
            f"cannot write the synthetic world: {error.strerror or error}", where=out, fix="free space or choose another folder"
        ) from error


def write_beside(world: World, out: Path) -> dict[str, int]:
    """Everything but the snapshot."""
    counts: dict[str, int] = {}
    for folder in ("patents/patentsview", "policy", "series", "contributions", "geo"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    listings = patents.patents(world)
    tables = {
        "patents/plain.csv": patents.plain_table(world, listings),
        "patents/deals.csv": patents.deals_table(world),
        "policy/citations.csv": policy.table(world),
        "series/tidy.csv": series.table(world),
    }
    tables |= {f"patents/patentsview/{name}.tsv": table for name, table in patents.patentsview_tables(world, listings).items()}
    for name, table in tables.items():
        delimiter = "\t" if name.endswith(".tsv") else ","
        pc.write_csv(table, out / name, pc.WriteOptions(delimiter=delimiter, quoting_style="needed"))
        if "patentsview" not in name:
            counts[Path(name).with_suffix("").as_posix().replace("/plain", "")] = table.num_rows
    for name, planted in (("planted", True), ("by-lot", False)):
        lines = list(contributions.statements(world, planted=planted))
        snapshot.write_lines(out / "contributions" / f"{name}.jsonl.gz", lines)
        counts[f"contributions/{name}"] = len(lines)
    for name, value in (
        ("cities.json", places.cities(world)),
        ("urban_areas.geojson", places.urban_areas(world)),
        ("countries.geojson", places.countries(world)),
    ):
        (out / "geo" / name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    places.write_registry(world, out / "registry")
    (out / "claims.toml").write_text(claims.toml(world), encoding="utf-8")
    (out / "series" / "mapping.toml").write_text(series.MAPPING, encoding="utf-8")
    truth = Truth(world).as_dict() | {"leaders": leaders(world)}
    (out / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8")
    (out / "README.txt").write_text(_README.format(works=world.works, seed=world.seed), encoding="utf-8")
    return counts
