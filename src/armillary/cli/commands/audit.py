"""Judge every claim of a claims file: true, true of another year, contradicted, or not decidable."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from armillary.cli.common import json_option, print_json, quiet_option, said_if_hidden
from armillary.core import durable
from armillary.core.corpus import Corpus
from armillary.errors import UnknownNameError


@click.command("audit", help=__doc__)
@click.argument("file", default="articles")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=None, help="Folder for audit.json, audit.html and audit.md."
)
@click.option("--only", multiple=True, metavar="ID", help="Judge only the claim with this id (can be repeated).")
@click.option("--strict", is_flag=True, help="Exit with 1 if a claim is contradicted.")
@click.option(
    "--into",
    "observatory",
    type=click.Path(path_type=Path),
    default=lambda: os.environ.get("ARMILLARY_OBSERVATORY"),
    help="Observatory that answers rankings and series.  [default: ./observatory if there is one]",
)
@json_option
@quiet_option
def command(file: str, out: Path | None, only: tuple[str, ...], strict: bool, observatory: Path | None, as_json: bool, quiet: bool) -> int:
    """FILE is a TOML file of claims, or the name of a built-in one (articles)."""
    from armillary.audit.audit import audit
    from armillary.audit.language import builtin, read
    from armillary.audit.text import audit_text, markdown
    from armillary.reports.audit import audit_html

    said_if_hidden(file, builtin(file) or Path(file), "claims file")
    claims = read(builtin(file) or Path(file))
    known = [c.id for c in claims.claims]
    for wanted in only:
        if wanted not in known:
            raise UnknownNameError("claim", wanted, known, where=claims.path)
    result = audit(claims, _corpus(observatory), only)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        durable.write(out / "audit.json", json.dumps(result.as_dict(), ensure_ascii=False, indent=1) + "\n")
        durable.write(out / "audit.html", audit_html(result, charts=_has_charts()))
        durable.write(out / "audit.md", markdown(result))
    if as_json:
        print_json(result.as_dict())
    elif not quiet:
        click.echo(audit_text(result), nl=False)
        if out is not None:
            click.echo(f"written: {out / 'audit.html'}, audit.json, audit.md")
    return 1 if strict and result.counts["contradicted"] else 0


def _has_charts() -> bool:
    from importlib.util import find_spec

    return find_spec("altair") is not None and find_spec("vl_convert") is not None


def _corpus(path: Path | None) -> Corpus | None:
    from armillary.observatory import open_observatory

    if path is not None:
        return open_observatory(path).corpus
    return open_observatory("observatory").corpus if Path("observatory", "CURRENT").is_file() else None
