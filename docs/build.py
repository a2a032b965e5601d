"""Build the documentation site: pages generated from the registries, then Sphinx. Run by `make docs`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import click

DOCS = Path(__file__).parent
GENERATED = DOCS / "reference" / "generated"


def cite(text: str) -> str:
    """A text of a registry whose citations of the rule book are links."""
    from armillary.registry import rulebook

    return rulebook.linked(text, lambda number, rule: f"[{number}]({rule.url('../../methods/')})")


def methods() -> str:
    """One section an indicator, from its registry entry."""
    from armillary.counting.filters import FILTERS
    from armillary.counting.methods import METHODS
    from armillary.counting.scopes import scopes
    from armillary.indicators import all_indicators

    lines = [
        "# Indicators",
        "",
        "Each entry comes from the registry that the program itself reads; METHODS is the [rule book](../../methods/index.md).",
        "",
    ]
    family = None
    for i in sorted(all_indicators().values(), key=lambda i: (i.family, i.id)):
        if i.family != family:
            family = i.family
            lines += [f"## {family.replace('_', ' ').capitalize()}", ""]
        lines += [
            f"### {i.name} (`{i.id}`)",
            "",
            i.doc,
            "",
            f"- **Formula**: {i.formula}",
            f"- **Worked example**: {i.example or 'none'}",
            f"- **Source**: {cite(i.source)}",
            f"- **Measure**: {i.measure}",
            f"- **Defaults**: counting `{i.counting}`, split by {i.split}, scope `{i.scope}`; units {', '.join(i.units)}",
        ]
        lines += [f"- **Option** `{k}` = `{o.default}`: {o.meaning}" for k, o in i.options.items()]
        lines.append("")
    lines += ["# Counting methods", "", "| method | formula | meaning | sums to one paper |", "|---|---|---|---|"]
    lines += [f"| `{m.name}` | `{m.formula}` | {m.meaning} | {'yes' if m.sums_to_one else 'no'} |" for m in METHODS.values()]
    lines += ["| `mfc-k` | `(sum_a share_u(a) / n)^(1/k)` | modified fractional counting with root k | no |", "", "# Scopes", ""]
    for name, s in scopes().items():
        lines += [f"`{name}`", f": {s['meaning']} ({cite(s['source'])}) Filters: {', '.join('`' + f + '`' for f in s['filters'])}", ""]
    lines += ["# Work filters", "", "| filter | reason code | a dropped work is |", "|---|---|---|"]
    lines += [f"| `{f.name}` | `{f.reason}` | {f.says} |" for f in FILTERS.values()]
    return "\n".join(lines) + "\n"


def tables() -> str:
    """The core tables with types, units and meanings."""
    from armillary.core.fields import FIELDS
    from armillary.core.schema import TABLES

    lines = ["# Core tables", ""]
    for t in TABLES.values():
        lines += [f"## `{t.name}`", "", t.meaning, "", "| column | type | meaning | unit |", "|---|---|---|---|"]
        for c in t.columns:
            f = FIELDS[c]
            key = " (key)" if c in t.key else ""
            lines.append(f"| `{c}`{key} | {f.type} | {f.meaning} | {f.unit or ''} |")
        lines.append("")
    return "\n".join(lines) + "\n"


def checks() -> str:
    """The data tests and why they exist."""
    from armillary.counting.checks import CHECKS

    return (
        "\n".join(
            [
                "# Data tests",
                "",
                "`armillary check` runs these on what was built.",
                "",
                "| check | why it exists |",
                "|---|---|",
                *(f"| `{c.name}` | {c.why} |" for c in CHECKS.values()),
            ]
        )
        + "\n"
    )


def commands() -> str:
    """The help text of every command."""
    from armillary.cli.main import root

    lines = [
        "# Commands",
        "",
        "Exit codes: 0 done, 1 a check or audit found something, 2 an error that you can mend (one line says what, where and how).",
        "",
    ]

    def walk(command: click.Command, path: list[str]) -> None:
        context = click.Context(command, info_name=" ".join(path))
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                walk(found, [*path, name])
            return
        lines.extend([f"## `{' '.join(path)}`", "", "```text", command.get_help(context), "```", ""])

    walk(root, ["armillary"])
    return "\n".join(lines) + "\n"


def references() -> str:
    """The bibliography of the rule book, with an anchor for each key."""
    from armillary.registry import rulebook

    lines = ["# References", "", "From `docs/methods/references.bib`.", ""]
    for r in rulebook.references().values():
        lines += [f'<a id="{r.key}"></a>`{r.key}`', f": {r.line}", ""]
    return "\n".join(lines)


PAGES: dict[str, Any] = {"indicators": methods, "tables": tables, "checks": checks, "commands": commands, "references": references}


def generate() -> None:
    """Write the generated pages."""
    GENERATED.mkdir(parents=True, exist_ok=True)
    for name, function in PAGES.items():
        (GENERATED / f"{name}.md").write_text(function(), encoding="utf-8")


if __name__ == "__main__":
    generate()
    out = DOCS.parent / "site" / "docs"
    sys.exit(subprocess.call([sys.executable, "-m", "sphinx", "-q", "-b", "html", str(DOCS), str(out)]))
