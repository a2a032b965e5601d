"""What `fetch ror` and `fetch series` share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from armillary.cli.commands.fetch._options import F, dry_run_option, many, policy, policy_options, room, size
from armillary.cli.common import json_option, print_json, quiet_option


def plain_options(kind: str) -> Callable[[F], F]:
    """What both have besides their sources: the options of :func:`run`."""
    out_help = f"Folder for the files; 'armillary ingest {kind}' reads them."

    def add(function: F) -> F:
        for option in (
            quiet_option,
            json_option,
            dry_run_option,
            policy_options,
            click.option("--fresh", is_flag=True, help="Fetch files again that are here."),
            click.option("--out", type=click.Path(path_type=Path), required=True, help=out_help),
        ):
            function = option(function)
        return function

    return add


def run(kind: str, sources: tuple[str, ...], out: Path, *, fresh: bool, dry_run: bool, as_json: bool, quiet: bool, **patient: Any) -> None:
    """Fetch each source and say what came; ``patient`` are the options of :func:`policy_options`."""
    from armillary.cli.progress import progress
    from armillary.sources.fetch import files, plain

    patience = policy(**patient)
    wanted = [item for source in dict.fromkeys(sources) for item in plain.items(kind, source, patience)]
    if dry_run:
        free, to_fetch = files.free_bytes(out), sum(plain.to_fetch(i, out, fresh=fresh) for i in wanted)
        if as_json:
            print_json({"files": [asdict(i) for i in wanted], "bytes_to_fetch": to_fetch, "free_bytes": free})
            return
        for item in wanted:
            click.echo(f"{item.name}: {'length not given' if item.length is None else size(item.length)} from {item.address}")
        unknown = sum(i.length is None for i in wanted)
        more = f" and {many(unknown, 'file')} of unknown length" if unknown else ""
        click.echo(f"{many(len(wanted), 'file')}, {size(sum(i.length or 0 for i in wanted))}")
        click.echo(f"{size(to_fetch)}{more} to fetch, {room(to_fetch, free)}")
        return
    with progress(f"Fetching {kind}", unit="files", quiet=quiet or as_json) as bar:
        bar.total(sum(i.length or 0 for i in wanted))
        done = [plain.fetch(item, out, patience, fresh=fresh, advance=bar.advance) for item in wanted]
    if as_json:
        print_json([asdict(d) for d in done])
    elif not quiet:
        for d in done:
            click.echo(f"{d.file}: {size(d.bytes)}{'' if d.is_new else ', was here already'}")
            click.echo(f"  sha256 {d.sha256}")
