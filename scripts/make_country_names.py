"""Names of countries in twelve languages, from Unicode CLDR (through Babel), for finding a country by any of its names.

python scripts/make_country_names.py
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from babel import Locale

LANGUAGES = ("ar", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "pt", "ru", "tr", "zh_Hans", "zh_Hant")
VOCABULARIES = Path(__file__).resolve().parent.parent / "src" / "armillary" / "registry" / "vocabularies"


def main() -> None:
    """One row a country and language."""
    with (VOCABULARIES / "countries.csv").open(encoding="utf-8", newline="") as file:
        codes = [r["code"] for r in csv.DictReader(file)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("code", *LANGUAGES))
    names = [Locale.parse(language).territories for language in LANGUAGES]
    writer.writerows((code, *(n.get(code, "") for n in names)) for code in codes)
    (VOCABULARIES / "country_names.csv").write_text(out.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    main()
