"""Run the data tests on what was built."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import engine_from, json_option, limit_options, observatory_option, print_json

_WHY = "A file that is not what was written gives wrong numbers, or none."


@click.command()
@click.argument("names", nargs=-1)
@click.option("--bytes", "all_bytes", is_flag=True, help="Compare every byte of every file with its digest; without it sizes and footers.")
@limit_options
@observatory_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    names: tuple[str, ...],
    all_bytes: bool,
    observatory: Path,
    as_json: bool,
    memory: int | None,
    threads: int | None,
) -> int:
    """Look at the files, then run all data tests, or those NAMED. Exit code 1 if something is found; files: armillary repair."""
    import armillary as arm
    from armillary.counting.checks import CHECKS, CheckOutcome, run_checks
    from armillary.errors import UnknownNameError

    for name in names:
        if name not in CHECKS:
            raise UnknownNameError("check", name, CHECKS)
    obs = arm.open(observatory, **engine_from({"memory": memory, "threads": threads}))
    faults = [*filter(None, [obs.store.fault]), *(d.error(obs.path).line for d in obs.store.damages("bytes" if all_bytes else "footers"))]
    files = CheckOutcome("files-sound", _WHY, len(faults), faults[0] if faults else None)
    outcomes = [] if faults else run_checks(obs.corpus, list(names) or None)
    if not names or faults:
        outcomes.append(files)
    if as_json:
        print_json([{"name": o.name, "ok": o.ok, "violations": o.violations, "example": o.example, "why": o.why} for o in outcomes])
    else:
        for o in outcomes:
            state = "no data" if o.violations is None else "ok" if o.ok else f"{o.violations:,} violations"
            click.echo(f"{o.name:<30} {state}")
            if o is files and faults:
                click.echo("\n".join(f"    {line}" for line in faults))
            elif not o.ok:
                click.echo(f"    {o.why}\n    for example: {o.example}")
    return 0 if all(o.ok for o in outcomes) else 1
