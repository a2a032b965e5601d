"""Every command that writes, with what must have run before it: for trials in which the disk fails under them."""

from __future__ import annotations

import gzip
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Writing:
    """A command that writes into ``{obs}`` or ``{out}``, and what must have run before it."""

    name: str
    arguments: str
    before: tuple[str, ...] = ()


FIRST = "ingest openalex {given}/snapshot --into {obs} --workers 1 --quiet"
UPDATE = "ingest openalex {given}/update --into {obs} --workers 1 --quiet"
PUBLISHED = "publish {out}/site --into {obs} --pages 2 --languages en --quiet"
CUBES = "cube make --unit country --indicator share --counting full --into {obs} --threads 1 --quiet"
PACK = "pack make {out}/world.zip --into {obs}"
BILATERAL = "ingest collaboration {given}/pairs.csv --into {obs}"

INGESTS = (
    Writing("openalex", FIRST),
    Writing("openalex-update", UPDATE, (FIRST,)),
    Writing("openalex-with-cubes", UPDATE, (FIRST, CUBES)),
    Writing("ror", "ingest ror {given}/ror.jsonl --into {obs} --quiet", (FIRST,)),
    Writing("patents", "ingest patents {given}/plain.csv --into {obs} --quiet"),
    Writing("deals", "ingest deals {given}/deals.csv --into {obs} --quiet"),
    Writing("policy", "ingest policy {given}/citations.csv --into {obs} --quiet", (FIRST,)),
    Writing("series", "ingest series {given}/tidy.csv --into {obs} --quiet"),
    Writing("contributions", "ingest contributions {given}/contributions.jsonl --into {obs} --quiet", (FIRST,)),
    Writing("collaboration", BILATERAL),
    Writing("classification", "ingest classification {given}/classes.csv --name mine --into {obs} --quiet", (FIRST,)),
    Writing("lists", "ingest lists {given}/lists.csv --into {obs} --quiet", (FIRST,)),
    Writing("places", "places --populated {given}/cities.json --into {obs} --quiet", (FIRST,)),
    Writing("index-add", "index add demo --into {obs} --quiet"),
    Writing("prune", "prune --into {obs}", (FIRST, UPDATE)),
    Writing("repair", "repair --from {given}/snapshot --into {obs}", (FIRST, "break")),
)

OUTPUTS = (
    Writing("rank-csv", "rank share --into {obs} --threads 1 --format csv --out {out}/a/t.csv", (FIRST,)),
    Writing("rank-parquet", "rank share --into {obs} --threads 1 --format parquet --out {out}/t.parquet", (FIRST,)),
    Writing("rank-xlsx", "rank share --into {obs} --threads 1 --format xlsx --out {out}/t.xlsx", (FIRST,)),
    Writing("rank-plot", "rank share --into {obs} --threads 1 --plot {out}/t.svg", (FIRST,)),
    Writing("quick", "quick {given}/snapshot/data/institutions --out {out}/q.csv"),
    Writing("dossier", "dossier W{work} --into {obs} --out {out}/d.html", (FIRST,)),
    Writing("audit", "audit {given}/claims.toml --out {out}/audit --quiet"),
    Writing("brief", "brief --period 2012-2024 --into {obs} --out {out}/brief --claims none", (FIRST,)),
    Writing("diff", "diff {obs} {obs} share --records {out}/r.parquet --quiet", (FIRST,)),
    Writing("classify", "sdg classify --into {obs} --out {out}/goals.csv --quiet", (FIRST,)),
    Writing("sdg-profile", "sdg profile --into {obs} --out {out}/p.csv --plot {out}/p.svg", (FIRST,)),
    Writing("world", "world gerd-gdp --out {out}/w.csv"),
    Writing("extract", "claims extract {given}/article.txt --out {out}/draft.toml"),
    Writing("extract-page", "claims extract {given}/article.txt --html {out}/marked.html"),
    Writing(
        "clusters", "clusters --into {obs} --out {out}/c.csv --format csv", (FIRST, "ingest patents {given}/plain.csv --into {obs} --quiet")
    ),
    Writing("cooperation", "cooperation partners FR --into {obs} --out {out}/c.json", (BILATERAL,)),
    Writing("network", "cooperation network --into {obs} --save {out}/n.json --save {out}/n.gexf --plot {out}/n.svg", (BILATERAL,)),
    Writing("lead", "lead pairs --into {obs} --out {out}/l.csv", (FIRST,)),
    Writing("robustness", "robustness share --choice counting=full|first --into {obs} --csv {out}/r.csv", (FIRST,)),
    Writing("references", "explain share QT --references {out}/r.bib --into {obs}", (FIRST,)),
    Writing("forecast", "lead forecast --series {given}/years.csv --plot {out}/f.svg"),
    Writing("scores", "export scores --within-corpus --into {obs} --out {out}/s.parquet", (FIRST,)),
    Writing("series-ranking", "rank series:gerd-gdp --format csv --out {out}/g.csv"),
    Writing("index", "index build demo --out {out}/i.json"),
    Writing("index-workbook", "index workbook demo --out {out}/i.xlsx"),
    Writing("index-chart", "index chart demo ranking --out {out}/i.svg"),
    Writing("index-reports", "index reports demo --unit BRX --out {out}/reports"),
    Writing("index-match", "index match demo {given}/others.csv --column name --out {out}/m.csv"),
)

FOLDERS = (
    Writing("publish", PUBLISHED, (FIRST,)),
    Writing("publish-again", "publish {out}/site --into {obs} --pages 3 --languages en --quiet", (FIRST, PUBLISHED)),
    Writing("cube-make", CUBES, (FIRST,)),
    Writing("cube-renew", "cube renew --into {obs} --quiet", (FIRST, CUBES, "grow")),
    Writing("cube-drop", "cube drop --into {obs}", (FIRST, CUBES)),
    Writing("baseline", "baseline make {out}/b.parquet --into {obs} --reference-set all --field-level field --threads 1", (FIRST,)),
    Writing("pack-folder", "pack make {out}/world.pack --into {obs}", (FIRST, CUBES)),
    Writing("pack-zip", PACK, (FIRST, CUBES)),
    Writing("pack-open", "pack open {out}/world.zip --into {out}/opened", (FIRST, CUBES, PACK)),
    Writing("export-world", "export world {out}/package gerd-gdp"),
    Writing("export-rank", "export rank share --unit country --into {obs} --folder {out}/package --threads 1", (FIRST,)),
    Writing("export-core", "export core {out}/core --into {obs}", (FIRST,)),
    Writing("export-audit", "export audit {out}/crate {given}/claims.toml --date 2026-01-31"),
)

FETCHES = (
    Writing("fetch-snapshot", "fetch snapshot --base {base}/data --out {out}/snapshot --workers 1 --quiet"),
    Writing("fetch-openalex", "fetch openalex --filter a:1 --base {base} --per-page 2 --per-file 4 --rate 100 --out {out}/api --quiet"),
    Writing("fetch-counts", "fetch counts --base {base} --period 2024 --table types --rate 100 --out {out}/counts --quiet"),
    Writing("fetch-ror", "fetch ror {base}/ror.zip --out {out}/ror --quiet"),
    Writing("fetch-series", "fetch series {base}/series.csv --out {out}/series --quiet"),
)

ALIKE = ("lead balance", "lead train", "fetch verify", "highly-cited", "policy", "sdg label", "sdg train")
"""Commands that need more records than a trial has and write through the same functions as one above, or only read what others wrote."""

LARGE = (
    Writing("synthetic", "synthetic {out}/world --works 1000 --seed 1 --quiet"),
    Writing("demo", "demo {out}/demo --pages 20 --no-open"),
)
"""Commands that make many calls: some of them, drawn at random."""


def serve(folder: Path) -> Any:
    """A server on this machine with what the fetching commands want; it has ``base`` and ``close``."""
    spec = importlib.util.spec_from_file_location("loopback_for_writings", folder / "loopback.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.Loopback()
    works = [
        json.dumps(
            {
                "id": f"https://openalex.org/W{1000 + i}",
                "publication_year": 2024,
                "type": "article",
                "updated_date": "2026-06-24T10:00:00",
            }
        ).encode()
        for i in range(7)
    ]
    server.records["works"] = works
    packed = [gzip.compress(b"".join(w + b"\n" for w in some), mtime=0) for some in (works[:3], works[3:])]
    server.publish({f"updated_date=2026-0{n}-01/part_0000.gz": content for n, content in zip((5, 6), packed, strict=True)})
    server.files["/ror.zip"] = b"PK" + bytes(range(256)) * 400
    server.files["/series.csv"] = b"country,year,value\nFR,2020,1\n"
    return server
