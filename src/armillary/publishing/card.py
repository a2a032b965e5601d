"""The head of a package's README that hubs of data sets read (Hugging Face): one configuration a table, its Parquet file, the terms."""

from __future__ import annotations

import json

from armillary.publishing.tables import Package, slug

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"))
"""Upper bound of rows, and the name that the hub has for the class."""


def head(package: Package) -> list[str]:
    """Lines of YAML between rulers. Texts are written as JSON, which is YAML too, so that no name can end the block."""
    ids = {o.licence_id for o in package.origins}
    licence = (next(iter(ids)) or "other").lower() if len(ids) == 1 else "other"
    rows = sum(s.arrow.num_rows for s in package.sheets)
    size = next((name for bound, name in SIZES if rows < bound), "n>10M")
    lines = ["---", f"pretty_name: {_text(package.title)}", f"license: {_text(licence)}", f"size_categories: [{_text(size)}]", "configs:"]
    for k, s in enumerate(package.sheets):
        lines += [f"- config_name: {_text(slug(s.name))}", f"  data_files: {_text(s.path.removesuffix('.csv') + '.parquet')}"]
        lines += ["  default: true"] if k == 0 else []
    return [*lines, "---", ""]


def _text(value: str) -> str:
    return json.dumps(" ".join(value.split()), ensure_ascii=False)
