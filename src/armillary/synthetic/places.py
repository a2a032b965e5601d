"""Files about the synthetic continent that readers of places take, and the registry that an observatory of the world brings along."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from armillary.synthetic.world import World


def cities(world: World) -> list[dict[str, Any]]:
    """Populated places, in the layout of the reduced GeoNames list."""
    geo = world.geo
    return [
        {
            "country_code": geo.codes[geo.city_country[k]],
            "city": name,
            "latitude": float(geo.city_lat[k]),
            "longitude": float(geo.city_lon[k]),
            "population": int(geo.city_population[k]),
            "state": None,
        }
        for k, name in enumerate(geo.city_names)
    ]


def urban_areas(world: World) -> dict[str, Any]:
    """Metropolitan areas as GeoJSON: one ring of 45 km around each city that has a satellite town."""
    geo = world.geo
    cores = sorted({int(m) for k, m in enumerate(geo.city_metro) if m != k})
    return _collection(
        [
            (
                {
                    "id": f"metro-{k}",
                    "name": geo.city_names[k],
                    "country": geo.codes[geo.city_country[k]],
                    "population": int(geo.city_population[k] * 1.3),
                },
                [geo.metro_ring(k)],
            )
            for k in cores
        ]
    )


def countries(world: World) -> dict[str, Any]:
    """Outlines of the countries as GeoJSON, with the property names and the clockwise rings of Natural Earth (what D3 maps expect)."""
    geo = world.geo
    return _collection(
        [
            ({"ISO_A2": code, "NAME": name, "ADMIN": name}, [[[float(x), float(y)] for x, y in ring[::-1]]])
            for code, name, ring in zip(geo.codes, geo.country_names, geo.outlines, strict=True)
        ]
    )


def _collection(shapes: list[tuple[dict[str, Any], list[Any]]]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": p, "geometry": {"type": "Polygon", "coordinates": rings}} for p, rings in shapes],
    }


def regions(world: World) -> str:
    """A region file: two blocs of countries and the bay across the border of countries 0 and 1."""
    codes = world.geo.codes
    blocs = (("coral-league", "Coral League", codes[2:12:3]), ("northern-pact", "Northern Pact", codes[0:4]))
    text = "# Regions of a synthetic world: invented.\n"
    for key, name, members in blocs:
        text += f'\n[[region]]\nid = "{key}"\nname = "{name}"\nkind = "bloc"\n'
        text += f'countries = {json.dumps(sorted(members))}\nsource = "invented"\n'
    return text


def journal_list(world: World) -> list[dict[str, str]]:
    """The world's own selective journal list, in the columns of ``registry/journals/selective.csv``; the first 82 also on the shorter
    list.
    """
    s = world.sources
    rows = [k for k in range(len(s)) if s.subjects[k]]
    return [
        {
            "name": s.name[k],
            "issns": ";".join(s.issns[k]),
            "subjects": ";".join(s.subjects[k]),
            "by_article": "yes" if s.is_split_by_article[k] else "no",
            "subset": "all",
            "in_82": "yes" if n < 82 else "no",
            "in_145": "yes",
            "issn_verified": "yes",
        }
        for n, k in enumerate(rows)
    ]


def about(world: World) -> str:
    """What to call an observatory of this world."""
    return (
        f'name = "Synthetic world ({world.works:,} works, seed {world.seed})"\nsynthetic = true\n'
        'note = "Every country, institution, person and number here is invented."\n'
    )


def write_registry(world: World, folder: Path) -> None:
    """The files that :mod:`armillary.core.own_files` reads: about, names of countries, journal list, regions."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "about.toml").write_text(about(world), encoding="utf-8")
    (folder / "regions.toml").write_text(regions(world), encoding="utf-8")
    names = [{"code": c, "name": n} for c, n in zip(world.geo.codes, world.geo.country_names, strict=True)]
    for name, rows in (("countries.csv", names), ("journals.csv", journal_list(world))):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
