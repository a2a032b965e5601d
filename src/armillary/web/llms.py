"""``llms.txt``: what a site holds, for programs that read text (llmstxt.org)."""

from __future__ import annotations

from collections.abc import Sequence

from armillary.core.frame import said_of
from armillary.indicators import all_indicators
from armillary.web.site import Site


def llms_text(site: Site, files: Sequence[str] | None = None) -> str:
    """Markdown that says which data these are, how to cite them and where they are; ``files`` are those of a published site."""
    data = site.data
    lines = [
        "# Armillary",
        "",
        "> An open observatory of science and innovation: rankings from open records, with their uncertainty, records and assumptions.",
        "",
        f"Data: {data['name']}, snapshot {data['snapshot_date']}, digest {str(data['digest'])[:12]}.",
    ]
    if data.get("synthetic"):
        lines.append("All names and numbers here are invented: a synthetic world for tests and demonstrations.")
    elif data.get("sample"):
        lines.append(f"The records are {said_of(data)}: their rankings do not describe the world.")
    lines += [
        "",
        "A rank holds for its counting method, scope and period only: quote them with it. Null is unknown and never zero.",
        "",
        "## Tables",
        "",
    ]
    if files is None:
        lines += [
            "- [API](api/v1): start here; JSON",
            "- [OpenAPI description](api/v1/openapi.json)",
            "- [Ranking](rankings/share/country.csv): `/rankings/{indicator}/{unit}.csv` or `.json`, where the data allow it",
            *(f"- [{i.name}](rankings/{i.id}/{i.units[0]}.csv): {i.measure}" for i in all_indicators().values()),
        ]
    else:
        lines += [f"- [{name}]({name})" for name in sorted(files) if name.endswith((".csv", ".json"))]
    books = {"methods": "Methods: indicators, counting methods, scopes", "rules": "Rule book: every rule by its number"}
    if files is not None:
        books = {f"{k}/index.html": v for k, v in books.items() if f"{k}/index.html" in files}
    return "\n".join([*lines, "", "## Methods", "", *(f"- [{said}]({name})" for name, said in books.items())]) + "\n"
