"""Make the country tables of ``src/armillary/registry/vocabularies`` from Unicode CLDR (licence Unicode-3.0).

    npm pack cldr-core && tar xzf cldr-core-*.tgz
    python scripts/make_countries.py package/supplemental/codeMappings.json

``countries.csv`` keeps its reviewed codes and names and gets alpha-3 and numeric codes; ``country_names.csv`` is written anew: the names of
the same countries in many languages, by way of the package ``babel``.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

from babel import Locale

FOLDER = Path(__file__).resolve().parents[1] / "src/armillary/registry/vocabularies"
LANGUAGES = ("ar", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "zh_Hans", "zh_Hant")
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
    with (FOLDER / "country_names.csv").open("w", newline="", encoding="utf-8") as file:
        names = csv.writer(file, lineterminator="\n")
        names.writerow(["code", *LANGUAGES])
        names.writerows([row["code"], *(Locale.parse(lang).territories.get(row["code"], "") for lang in LANGUAGES)] for row in rows)


if __name__ == "__main__":
    main()
