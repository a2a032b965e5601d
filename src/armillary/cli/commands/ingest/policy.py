"""Read policy documents and the works they cite (plain tables, BibTeX, Overton-style exports)."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json, quiet_option, renew_cubes


@click.command("policy", help=__doc__)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--mapping", help="A TOML file that says which columns mean what, or a known name (ipcc-ar6, ...).")
@click.option("--document-id", "policy_id", help="Id of the one document all these references belong to (BibTeX; default: the file name).")
@click.option("--title", help="Title of the document, where the files do not give it.")
@click.option("--organisation", help="Who published it.")
@click.option("--type", "organisation_type", help="government, igo, think_tank, ngo or other.")
@click.option("--country", help="Country of the organisation (ISO alpha-2 code or English name).")
@click.option("--year", help="Year of publication.")
@click.option("--fresh", is_flag=True, help="Forget the policy documents known so far.")
@observatory_option
@json_option
@quiet_option
def command(path: Path, mapping: str | None, fresh: bool, observatory: Path, as_json: bool, quiet: bool, **document: str | None) -> None:
    """Ingest and print what was kept, what was rejected and why."""
    from armillary.core.store import Store
    from armillary.errors import UnknownNameError
    from armillary.sources.policy.ingest import ingest_policy
    from armillary.sources.policy.records import ORGANISATION_TYPES, organisation_type
    from armillary.sources.policy.table import known_mappings, read_mapping
    from armillary.sources.values.country import country_code

    chosen = None
    if mapping:
        chosen = known_mappings().get(mapping) or (read_mapping(Path(mapping)) if mapping.endswith(".toml") else None)
        if chosen is None:
            raise UnknownNameError("mapping", mapping, known_mappings())
    kind = document["organisation_type"]
    if kind and organisation_type(kind) is None:
        raise UnknownNameError("organisation type", kind, ORGANISATION_TYPES)
    if document["country"]:
        country_code(document["country"])
    facts = {k: v for k, v in document.items() if v}
    report = ingest_policy(Store.create(observatory), path, mapping=chosen, document=facts, fresh=fresh)
    renew_cubes(observatory, quiet=quiet or as_json)
    if as_json:
        print_json(report.as_dict())
    elif not quiet:
        refused = sum(report.rejected.values())
        click.echo(f"{report.read:,} references in {report.files} file{'s' if report.files != 1 else ''}")
        click.echo(f"  {report.kept:>9,} kept: {report.dois:,} DOIs in {report.documents:,} documents ({report.repaired:,} DOIs repaired)")
        click.echo(f"  {report.repeated:>9,} repeated (the document cites the work more than once)")
        click.echo(f"  {refused:>9,} rejected; see table reject")
        for reason, n in report.rejected.most_common():
            click.echo(f"  {n:>13,} {reason}")
        for file, why in report.left_out.items():
            click.echo(f"  left out: {file}: {why}")
        for warning in report.warnings:
            click.echo(f"  note: {warning}")
