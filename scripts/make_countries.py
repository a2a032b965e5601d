"""Make the country tables of ``src/armillary/registry/vocabularies`` from Unicode CLDR (licence Unicode-3.0).

    npm pack cldr-core && tar xzf cldr-core-*.tgz
    python scripts/make_countries.py package/supplemental/codeMappings.json

``countries.csv`` keeps its reviewed codes and names and gets alpha-3 and numeric codes; ``country_names.csv`` is written anew: the names of
the same countries in other languages, by way of the package ``babel``. A name that means two countries is left out and printed.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from pathlib import Path

from babel import Locale

FOLDER = Path(__file__).resolve().parents[1] / "src/armillary/registry/vocabularies"
LANGUAGES = ("ar", "de", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "zh", "zh_Hant")
KOSOVO = {"XK": ("XKX", "")}
"""CLDR has no alpha-3 code in use for it; XKX is what the World Bank writes."""


def main() -> None:
    """Read the mapping and rewrite both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mappings", type=Path)
    codes = json.loads(parser.parse_args().mappings.read_text(encoding="utf-8"))["supplemental"]["codeMappings"]
    with (FOLDER / "countries.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        found = codes.get(row["code"], {})
        row["alpha3"], row["numeric"] = KOSOVO.get(row["code"]) or (found["_alpha3"], found["_numeric"])
    with (FOLDER / "countries.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, ["code", "alpha3", "numeric", "name", "name_zh"], lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
    meant: dict[str, set[str]] = defaultdict(set)
    named: dict[tuple[str, str], str] = {}
    for row in rows:
        meant[row["name"].casefold()].add(row["code"])
        for language in LANGUAGES:
            name = str(Locale.parse(language).territories.get(row["code"], row["name"]))
            meant[name.casefold()].add(row["code"])
            named.setdefault((row["code"], name), language)
    english = {r["name"] for r in rows}
    with (FOLDER / "country_names.csv").open("w", newline="", encoding="utf-8") as file:
        out_names = csv.writer(file, lineterminator="\n")
        out_names.writerow(["code", "language", "name"])
        for (code, name), language in sorted(named.items()):
            if len(meant[name.casefold()]) > 1:
                print(f"left out: {name} ({language}) may be {', '.join(sorted(meant[name.casefold()]))}")
            elif name not in english:
                out_names.writerow([code, language, name])


if __name__ == "__main__":
    main()
