"""The whole world on disk: the snapshot, and beside it the files that the other readers take."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.csv as pc

from armillary.errors import StoreError
from armillary.synthetic import contributions, patents, places, policy, series, snapshot
from armillary.synthetic.truth import Truth, leaders
from armillary.synthetic.world import World

_README = """This folder is a synthetic world: {works:,} works, seed {seed}. Every name and number in it is invented.

data/                snapshot in the layout of OpenAlex                     armillary ingest openalex .
patents/             inventor listings: plain.csv, patentsview/*.tsv        deals.csv: venture-capital deals
policy/              citations.csv: policy documents and the DOIs they cite
series/              tidy.csv: country series
contributions/       statements with planted leaders, and with leaders by lot
geo/                 places, metropolitan areas, countries
registry/            the world's own names of countries, journal list and regions; ingest takes them over
truth.json           known answers; see docs/how-to/synthetic-world.md
"""


def write_world(
    world: World, out: Path, *, layout: str = "jsonl", processes: int | None = None, progress: snapshot.Progress | None = None
) -> dict[str, int]:
    """Write everything of ``world`` below ``out``; gives the number of records of each table. Equal worlds give equal bytes."""
    counts = snapshot.write(world, out, layout=layout, processes=processes, progress=progress)
    try:
        return counts | write_beside(world, out)
    except OSError as error:
        raise StoreError(f"cannot write the synthetic world: {error.strerror or error}", where=out,
            fix="free space or choose another folder") from error


def write_beside(world: World, out: Path) -> dict[str, int]:
    """Everything but the snapshot."""
    counts: dict[str, int] = {}
    for folder in ("patents/patentsview", "policy", "series", "contributions", "geo", "registry"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    listings = patents.build(world)
    tables = {"patents/plain.csv": patents.plain_table(world, listings), "patents/deals.csv": patents.deals_table(world),
              "policy/citations.csv": policy.table(world), "series/tidy.csv": series.table(world)}
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
    for name, value in (("cities.json", places.cities(world)), ("urban_areas.geojson", places.urban_areas(world)),
                        ("countries.geojson", places.countries(world))):
        (out / "geo" / name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    rows = places.journal_list(world)
    with (out / "registry" / "journals.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    with (out / "registry" / "countries.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("code", "name"), *zip(world.geo.codes, world.geo.country_names, strict=True)])
    (out / "registry" / "regions.toml").write_text(places.regions(world), encoding="utf-8")
    about = f'name = "Synthetic world {world.seed}"\nsynthetic = true\nnote = "Every name and number comes from an invented world."\n'
    (out / "registry" / "about.toml").write_text(about, encoding="utf-8")
    truth = Truth(world).as_dict() | {"leaders": leaders(world)}
    (out / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8")
    (out / "README.txt").write_text(_README.format(works=world.works, seed=world.seed), encoding="utf-8")
    return counts
