"""Check a fetched copy against its manifest, file by file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from armillary.cli.commands.fetch._options import many, size
from armillary.cli.common import json_option, print_json, quiet_option

if TYPE_CHECKING:
    from armillary.sources.fetch.verify import CopyReport

_SHOWN = 20


@click.command("verify")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--records", is_flag=True, help="Read all files and count their records, too.")
@click.option("--entity", "entities", multiple=True, help="Only this one; repeatable.  [default: all that have a manifest]")
@click.option("--workers", type=click.IntRange(1, 64), default=4, show_default=True, help="Files at a time.")
@json_option
@quiet_option
def command(path: Path, records: bool, entities: tuple[str, ...], workers: int, as_json: bool, quiet: bool) -> int:
    """Compare a copy with its manifest: what is missing, of another length, or left over; with --records also how many records there are.

    PATH is the folder that 'armillary fetch' filled, or any copy of the snapshot with its manifests. Exit code 1 if anything differs.
    """
    from armillary.cli.progress import progress
    from armillary.sources.fetch.verify import verify

    with progress("Checking", unit="files", quiet=quiet or as_json or not records) as bar:
        found = verify(path, records=records, entities=entities, workers=workers, total=bar.total, advance=bar.advance)
    if as_json:
        print_json([asdict(r) for r in found])
    elif not quiet:
        for report in found:
            for line in _lines(report, records):
                click.echo(line)
    faults = [(r, f) for r in found for f in r.faults]
    if not faults:
        return 0
    report, first = faults[0]
    fix = "Run 'armillary fetch' again (--prune deletes what is left over); delete files that are damaged before"
    click.echo(f"armillary: {Path(report.folder) / first.file}: {many(len(faults), 'fault')}, first: {first.what}. {fix}", err=True)
    return 1


def _lines(report: CopyReport, records: bool) -> list[str]:
    promised = [many(report.files, "file")]
    promised += [f"{report.records:,} records"] if report.records is not None else []
    promised += [size(report.bytes)] if report.bytes is not None else []
    release = f" (release of {report.date})" if report.date else ""
    is_whole = "as the manifest says" if not report.faults else many(len(report.faults), "fault")
    lines = [f"{report.folder}: {', '.join(promised)}{release}: {is_whole}"]
    if records and report.records_read is not None:
        lines.append(f"  {report.records_read:,} records read")
    lines += [f"  {f.file}: {f.what}" for f in report.faults[:_SHOWN]]
    if len(report.faults) > _SHOWN:
        lines.append(f"  and {len(report.faults) - _SHOWN:,} more")
    return lines + [f"  {note}" for note in report.notes]
