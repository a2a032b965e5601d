"""The readers behind make_world.py: each source in its own shape -> rows of series, and tables."""

from __future__ import annotations

import csv
import gzip
import json
import re
import tomllib
import unicodedata
from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

REGISTRY = Path(__file__).resolve().parent.parent / "src" / "armillary" / "registry"
OWN_KINDS = ("country", "institution", "university", "office")
SCIENCE = ("Chemistry", "Economic Sciences", "Physics", "Physiology or Medicine")
HERE = Path(__file__).resolve().parent
NAMES = tomllib.loads((HERE / "world_names.toml").read_text(encoding="utf-8"))
SOURCES = tomllib.loads((HERE / "world_sources.toml").read_text(encoding="utf-8"))
_NO_UNIT = {"Other Europe, 2020", "Other Europe (2020)", "Unassigned", "Unclassified"}  # no unit that anybody could name


SAMPLE = "sample/data/works/updated_date=2026-05-19/part_000.gz"


class Row(NamedTuple):
    """One value of a series."""

    series: str
    part: str
    unit: str
    year: int
    value: float
    flag: str = ""


class Names:
    """Units by code, and the codes behind what publishers write."""

    def __init__(self) -> None:
        countries = [r for r in rows_of(REGISTRY / "vocabularies" / "countries.csv") if r["code"] != "EU"]  # a union, no country
        self.units: dict[str, dict[str, Any]] = {r["code"]: unit(r["code"], "country", r["name"]) for r in countries}
        self.alpha2 = {r["alpha3"]: r["code"] for r in countries if r["alpha3"]}
        self.by_name = {r["name"]: r["code"] for r in countries} | NAMES["names"]
        for code, (name, name_zh, kind) in NAMES["aggregates"].items():
            self.units[code] = unit(code, kind, name, name_zh=name_zh)

    def country(self, alpha3: str) -> str:
        """ISO alpha-3 or a publisher's code of a group -> the code used here."""
        return self.alpha2.get(alpha3) or NAMES["aliases"].get(alpha3, alpha3)


def unit(code: str, kind: str, name: str, **more: Any) -> dict[str, Any]:
    """A line of units.csv."""
    columns = ("name_zh", "country", "state", "city", "lat_deg", "lon_deg", "ror")
    return {"code": code, "kind": kind, "name": name} | {c: more.get(c, "") for c in columns}


def rows_of(path: Path) -> list[dict[str, str]]:
    """A CSV file, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def slug(text: str) -> str:
    """Lower-case ASCII with hyphens."""
    plain = unicodedata.normalize("NFKD", text.replace("&", " and ")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def read_all(data: Path, names: Names) -> tuple[list[Row], dict[str, Any]]:
    """Every series and table."""
    rows: list[Row] = []
    tables: dict[str, Any] = {}
    world = data / "world"
    rows += ncses(world / "ncses-world", names)
    rows += oecd(data / "country" / "oecd_sti", names)
    rows += world_bank(world, names)
    rows += openalex(world, names)
    more, tables["github-collaboration.parquet"] = github(world / "github-innovation-graph")
    rows += more
    tables["nobel.csv"] = nobel_records(world / "nobel")
    rows += tallied(tables["nobel.csv"], "nobel", "laureate_id", keep=lambda r: r["category"] in SCIENCE, parts="category")
    tables["ai-models.csv"] = model_records(world / "epoch-ai-models", names)
    rows += tallied(tables["ai-models.csv"], "ai-models", "model", dataset="epoch")
    rows += universities(world / "us-university-rd", names)
    tables["clusters-2023.csv"] = clusters(world / "wipo-clusters-2023")
    more, tables["coauthorship.parquet"] = pairs(data / "collaboration")
    rows += more
    quantiles = json.loads((world / "openalex-affiliation-change" / "quantiles.json").read_text())
    tables["affiliation-quantiles.csv"] = [{"percentile": p, "change_pct": c} for p, c in quantiles["quantiles"]]
    tables[SAMPLE], tables["sample-institutions.jsonl.gz"] = sample(world / "openalex-random-sample", data / "ror")
    return rows, tables


def ncses(folder: Path, names: Names) -> list[Row]:
    """Articles, most cited articles, patents, venture capital, doctorates."""

    def code(text: str) -> str | None:
        if text in _NO_UNIT:
            return None
        if text not in names.by_name:
            raise SystemExit(f"NCSES: unknown economy {text!r}")
        return names.by_name[text]

    def which(iso2: str, text: str) -> str | None:
        """The source's code, except for Europe, which it gives the code EU beside a row of its own for the union."""
        return iso2 if iso2 and iso2 != "EU" else code(text)

    out: list[Row] = []
    fractional: dict[tuple[str, str, int], float] = defaultdict(float)
    for r in rows_of(folder / "articles_all_2003_2022.csv.gz"):
        if r["fractional"]:
            fractional["", r["iso2"], int(r["year"])] += float(r["fractional"])
        if r["whole"] and r["iso2"] != "PS":  # two rows; whole counts of two territories do not add up
            out.append(Row("articles-whole.ncses", "", r["iso2"], int(r["year"]), float(r["whole"])))
    for r in rows_of(folder / "articles_fields_2003_2022.csv.gz"):
        fractional[r["field"], r["iso2"], int(r["year"])] += float(r["fractional"])
    for (part, u, year), v in list(fractional.items()):
        if u != "PR":  # inside the United States as well
            fractional[part, "WLD", year] += v
    flags = {"WLD": "S"}
    out += [Row("articles-fractional.ncses", p, u, y, round(v, 4), flags.get(u, "")) for (p, u, y), v in fractional.items()]
    for r in rows_of(folder / "top1_share_2003_2020.csv.gz"):
        if (u := which(r["iso2"], r["economy"])) and u != "PS":
            out.append(Row("top1-share.ncses", "", u, int(r["year"]), float(r["share_pct"])))
    for r in rows_of(folder / "pct_2000_2022.csv.gz"):
        if u := which(r["iso2"], r["receiving_office"]):
            out.append(Row("pct-receiving-office.ncses", "", u, int(r["year"]), float(r["pct_applications"])))
    for r in rows_of(folder / "venture_capital_2003_2022.csv"):
        if u := code(r["economy"]):
            out.append(Row("venture-capital-usd.ncses", "", u, int(r["year"]), float(r["million_usd"])))
    for r in rows_of(folder / "doctoral_degrees_2000_2018.csv.gz"):
        part = "" if r["field"] == "All fields" else r["field"].lower().replace("s&e", "S&E")
        if u := code(r["economy"]):
            out.append(Row("doctorates.ncses", part, u, int(r["year"]), float(r["degrees"])))
    return out


def oecd(folder: Path, names: Names) -> list[Row]:
    """The described variables of the reviewed extract, and publications by field from the long table."""
    described = [s for s in SOURCES["series"] if s["dataset"] == "oecd"]
    key = {s["code"]: f"{s['concept']}.oecd" for s in described}
    out = [
        Row(key[r["var"]], "", names.country(r["location"]), int(r["year"]), float(r["value"]), r["status"])
        for r in rows_of(folder / "key_series.csv")
        if r["var"] in key and r["year"] != "2999"
    ]
    by_field = {f"FPUBS_{n}_NBFRAC": ("publications-fractional.oecd", f) for n, f in NAMES["asjc"].items()}
    by_field |= {f"TOP10FPUBS_{n}_NBFRAC": ("top10-publications.oecd", f) for n, f in NAMES["asjc"].items()}
    by_field["WPUBS_NBWHO"] = ("publications-whole.oecd", "")
    for r in rows_of(folder / "sti_scoreboard_long.csv.gz"):
        if r["var"] in by_field and r["year"] != "2999":
            series, part = by_field[r["var"]]
            out.append(Row(series, part, names.country(r["location"]), int(r["year"]), round(float(r["value"]), 4), r["status"]))
    return out


def world_bank(world: Path, names: Names) -> list[Row]:
    """Two vintages."""
    out: list[Row] = []
    for r in rows_of(world / "world-bank-wdi-science" / "wdi_1990_2020.csv.gz"):
        concept = NAMES["world_bank"][r["indicator"]]
        u = names.country(r["iso3"])
        if u not in names.units:
            names.units[u] = unit(u, "region", r["economy"])
        out.append(Row(f"{concept}.world-bank-2021", "", u, int(r["year"]), float(r["value"])))
    new = {
        "rd_pct_gdp": "gerd-gdp",
        "population": "population",
        "gdp_per_capita_usd": "gdp-capita",
        "tertiary_enrollment_gross_pct": "tertiary-enrolment",
    }
    for r in rows_of(world / "world-bank-2013-2024" / "indicators.csv.gz"):
        if r["indicator"] in new and r["value"]:
            out.append(Row(f"{new[r['indicator']]}.world-bank-2026", "", r["iso2"], int(r["year"]), round(float(r["value"]), 6)))
    return out


def openalex(world: Path, names: Names) -> list[Row]:
    """Impact, counts, fields before and after, institutions."""
    out: list[Row] = []
    for r in rows_of(world / "openalex-country-impact" / "pp_top10_2019_2021.csv"):
        u = names.country(r["iso3"])
        # the share from its counts: the source prints two decimals
        out.append(Row("pp-top10.openalex-impact", "", u, 2021, round(100 * int(r["top10"]) / int(r["works"]), 6)))
        out.append(Row("pp-top10-works.openalex-impact", "", u, 2021, float(r["works"])))
    out.append(Row("pp-top10.openalex-impact", "", "WLD", 2021, round(100 * 2_050_741 / 11_923_667, 6)))
    out.append(Row("pp-top10-works.openalex-impact", "", "WLD", 2021, 11_923_667.0))
    counts = world / "openalex-counts-2026-06"
    for r in rows_of(counts / "countries_2013_2024.csv"):
        out.append(Row("works-all-types.openalex-counts", "", r["iso2"], int(r["year"]), float(r["works_count"])))
    for r in rows_of(counts / "institutions_top200.csv"):
        names.units.setdefault(r["inst_id"], unit(r["inst_id"], "institution", r["display_name"], country=r["country_code"]))
        out.append(Row("institution-works.openalex-counts", "", r["inst_id"], int(r["year"]), float(r["works_count"])))
    for r in rows_of(counts / "ai_quantum_2021_2024.csv"):
        out.append(Row("ai-works.openalex-counts", "", r["iso2"], 2024, float(r["works_ai"])))
        out.append(Row("quantum-works.openalex-counts", "", r["iso2"], 2024, float(r["works_quantum"])))
    for r in rows_of(world / "openalex-country-fields" / "countries_by_field.csv"):
        for when in ("before", "after"):
            out.append(Row(f"works-by-field-{when}.openalex-fields", r["field"], r["country_code"], 2026, float(r[f"works_{when}"])))
    for r in rows_of(world / "openalex-affiliation-change" / "institutions_2026_09_28.csv"):
        names.units.setdefault(r["openalex_id"], unit(r["openalex_id"], "institution", r["institution"]))
        for series, column in (("affiliation-change", "works_count_change_pct"), ("affiliation-change-units", "with_units_change_pct")):
            if r[column]:
                out.append(Row(f"{series}.openalex-affiliation", "", r["openalex_id"], 2026, float(r[column])))
    return out


def github(folder: Path) -> tuple[list[Row], pa.Table]:
    """Stocks at the end of the year, flows of whole years, and the collaboration of whole years."""
    out: list[Row] = []
    stocks: dict[tuple[str, str, int], tuple[int, float]] = {}
    flows: dict[tuple[str, int], list[float]] = defaultdict(list)
    for r in rows_of(folder / "economies.csv.gz"):
        u, year, quarter = NAMES["aliases"].get(r["iso2_code"], r["iso2_code"]), int(r["year"]), int(r["quarter"])
        for concept in ("developers", "repositories"):
            if r[concept]:
                stocks[concept, u, year] = max(stocks.get((concept, u, year), (0, 0.0)), (quarter, float(r[concept])))
        if r["git_pushes"]:
            flows[u, year].append(float(r["git_pushes"]))
    # a stock of an earlier quarter than the year's last would not be the year's: only the running year has it, flagged
    out += [Row(f"{c}.github", "", u, y, v, "" if q == 4 else f"Q{q}") for (c, u, y), (q, v) in stocks.items() if q == 4 or y == 2025]
    out += [Row("git-pushes.github", "", u, y, sum(v)) for (u, y), v in flows.items() if len(v) == 4]
    quarters: dict[tuple[int, str, str], list[int]] = defaultdict(list)
    for r in rows_of(folder / "collaboration.csv.gz"):
        if "EU" not in (r["source"], r["destination"]) and int(r["year"]) <= 2024:
            quarters[int(r["year"]), r["source"], r["destination"]].append(int(r["weight"]))
    keys = sorted(quarters)
    return out, pa.table(
        {
            "year": pa.array([k[0] for k in keys], pa.int16()),
            "from": [k[1] for k in keys],
            "to": [k[2] for k in keys],
            "contributions": pa.array([sum(quarters[k]) for k in keys], pa.int32()),
            "quarters": pa.array([len(quarters[k]) for k in keys], pa.int8()),
        }
    )


def nobel_records(folder: Path) -> list[dict[str, Any]]:
    """One row a laureate and affiliation; those without affiliation keep their share."""
    out = [
        {
            "year": r["year"],
            "category": r["category"],
            "laureate_id": r["laureate_id"],
            "part": r["part"],
            "institution": r["institution"],
            "city": r["city"],
            "country": r["country_code"],
            "lat_deg": r["latitude"],
            "lon_deg": r["longitude"],
        }
        for r in rows_of(folder / "affiliations.csv")
    ]
    placed = {(r["year"], r["category"], r["laureate_id"]) for r in out}
    for r in rows_of(folder / "laureates.csv"):
        if (r["year"], r["category"], r["laureate_id"]) not in placed:
            out.append(
                dict.fromkeys(out[0], "")
                | {"year": r["year"], "category": r["category"], "laureate_id": r["laureate_id"], "part": r["share"]}
            )
    return sorted(out, key=lambda r: (int(r["year"]), r["category"], int(r["laureate_id"]), r["institution"]))


def model_records(folder: Path, names: Names) -> list[dict[str, Any]]:
    """One row an entry of a model's list of countries."""
    out: list[dict[str, Any]] = []
    for r in rows_of(folder / "notable_models.csv.gz"):
        countries = r["country"].split(",") if r["country"] else [""]
        organisations = r["organization"].split(",")
        paired = organisations if len(organisations) == len(countries) else [""] * len(countries)
        for country, organisation in zip(countries, paired, strict=True):
            code = names.by_name[country.strip()] if country.strip() else ""
            out.append(
                {
                    "year": r["date"][:4],
                    "date": r["date"],
                    "model": r["model"],
                    "domain": r["domain"],
                    "organization": organisation.strip(),
                    "country": code,
                    "part": str(Fraction(1, len(countries))),
                    "parameters": r["parameters"],
                    "training_compute_flop": r["training_compute_flop"],
                    "confidence": r["confidence"],
                    "notability": r["notability"],
                    "access": r["access"],
                    "frontier": r["frontier"],
                }
            )
    return out


def tallied(records: list[dict[str, Any]], concept: str, record: str, *, dataset: str = "", keep: Any = None, parts: str = "") -> list[Row]:
    """Counts of records by country and year: whole (a record once a country) and by parts; a zero between is no row of the source's."""
    whole: dict[tuple[str, str, int], set[tuple[str, ...]]] = defaultdict(set)
    share: dict[tuple[str, str, int], Fraction] = defaultdict(Fraction)
    for r in records:
        if not r["country"] or (keep and not keep(r)):
            continue
        for part in {"", r[parts].lower() if parts else ""}:
            key = (part, r["country"], int(r["year"]))
            whole[key].add((r.get("category", ""), r[record]))
            share[key] += Fraction(r["part"])
    name = f".{dataset or concept}"
    out = [Row(f"{concept}-whole{name}", p, u, y, float(len(v))) for (p, u, y), v in whole.items()]
    return out + [Row(f"{concept}-fractional{name}", p, u, y, round(float(v), 9)) for (p, u, y), v in share.items()]


def universities(folder: Path, names: Names) -> list[Row]:
    """R&D of US universities; ids are slugs of the survey's names."""
    places = {r["institution"]: r for r in rows_of(folder / "places.csv")}
    out: list[Row] = []
    for r in rows_of(folder / "expenditure_2010_2023.csv.gz"):
        code = f"herd-{slug(r['institution'])}"
        p = places.get(r["institution"], {})
        names.units[code] = unit(
            code,
            "university",
            r["institution"],
            country="US",
            state=r["state"],
            city=p.get("city", ""),
            lat_deg=p.get("latitude", ""),
            lon_deg=p.get("longitude", ""),
            ror=p.get("ror", ""),
        )
        out.append(Row("university-rd.herd", "", code, int(r["year"]), float(r["thousand_usd"]), r["flag"]))
    for r in rows_of(folder / "fields_2023.csv.gz"):
        if r["field"] != "all":
            out.append(Row("university-rd.herd", r["field"], f"herd-{slug(r['institution'])}", 2023, float(r["thousand_usd"]), r["flag"]))
    return out


def clusters(folder: Path) -> list[dict[str, Any]]:
    """The table as printed."""
    return [{("economies" if k == "economy" else k): v for k, v in r.items()} for r in rows_of(folder / "top34.csv")]


def pairs(folder: Path) -> tuple[list[Row], pa.Table]:
    """Each pair once; the diagonal is a series of its own."""
    listed: list[tuple[int, str, str, int]] = []
    own: dict[tuple[str, int], float] = {}
    for r in rows_of(folder / "world_coauthorship_1990_2023.csv.gz"):
        if r["country_a"] < r["country_b"]:
            listed.append((int(r["year"]), r["country_a"], r["country_b"], int(r["works"])))
        elif r["country_a"] == r["country_b"]:
            own[r["country_a"], int(r["year"])] = float(r["works"])
    listed.sort()
    table = pa.table(
        {
            "year": pa.array([x[0] for x in listed], pa.int16()),
            "a": [x[1] for x in listed],
            "b": [x[2] for x in listed],
            "works": pa.array([x[3] for x in listed], pa.int32()),
        }
    )
    for r in rows_of(folder / "country_coauthored_works_1990_2023.csv"):
        own.setdefault((r["country"], int(r["year"])), float(r["coauthored_works"]))
    return [Row("coauthored-works.openalex-pairs", "", u, y, v) for (u, y), v in own.items()], table


def sample(folder: Path, ror: Path) -> tuple[list[str], list[str]]:
    """Works without title and people; the places of their institutions from ROR."""
    works, wanted = [], set()
    for line in gzip.decompress((folder / "works_slim.jsonl.gz").read_bytes()).splitlines():
        w = json.loads(line)
        for a in w["authorships"]:
            a["author"] = {}
            a.pop("raw_author_name", None)
            wanted.update(i["ror"] for i in a["institutions"] if i.get("ror"))
        for key in ("title", "fwci", "countries_distinct_count", "institutions_distinct_count", "funders"):
            w.pop(key, None)
        w["authorships"] = [_bare(a) for a in w["authorships"]]
        works.append(json.dumps(w, ensure_ascii=False, separators=(",", ":")))
    places = []
    for r in rows_of(ror / "ror_flat.csv.gz"):
        if r["ror_id"] in wanted and r["lat"]:
            details = {"name": r["city"], "country_code": r["country_code"], "lat": float(r["lat"]), "lng": float(r["lng"])}
            if r["country_subdivision"]:
                details["country_subdivision_name"] = r["country_subdivision"]
            record = {
                "id": r["ror_id"],
                "status": r["status"],
                "types": r["types"].split("|"),
                "names": [{"types": ["ror_display"], "value": r["name"]}],
                "locations": [{"geonames_id": int(r["geonames_id"]), "geonames_details": details}],
                "relationships": [{"type": "parent", "id": p, "label": ""} for p in r["parents"].split("|") if p],
            }
            places.append(json.dumps(record, ensure_ascii=False, separators=(",", ":")))
    return sorted(works, key=lambda x: int(json.loads(x)["id"].rpartition("W")[2])), sorted(places)


def _bare(authorship: dict[str, Any]) -> dict[str, Any]:
    keep = ("author_position", "author", "is_corresponding", "countries", "institutions", "affiliations")
    return {k: authorship[k] for k in keep if k in authorship}
