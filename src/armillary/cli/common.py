"""Options and output shared by all commands."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from armillary.core import durable
from armillary.core.limits import bytes_of
from armillary.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])


def observatory_option(function: F) -> F:
    """``--into FOLDER``: the observatory that is read or written (default: ``$ARMILLARY_OBSERVATORY`` or ``./observatory``)."""
    return click.option(
        "--into",
        "observatory",
        type=click.Path(path_type=Path),
        default=lambda: Path(os.environ.get("ARMILLARY_OBSERVATORY", "observatory")),
        show_default="./observatory",
        help="The observatory folder.",
    )(function)


FORM = "armillary.form"
"""Key of the click context that holds what ``--format`` says."""


def json_flag(function: F) -> F:
    """``--json``: machine-readable output on standard output; for commands with a ``--format`` of their own."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.", callback=_is_json)(function)


def json_option(function: F) -> F:
    """``--json``, and ``--format`` with ``table`` or ``json``, alike in every command that prints facts."""
    return _with_format(json_flag(function), ("table", "json"))


def table_option(function: F) -> F:
    """``--json``, and ``--format`` with all that a table can be printed as; for commands that end in :func:`armillary.cli.tables.give`."""
    return _with_format(json_flag(function), ("table", "csv", "json", "md"))


def _with_format(function: F, forms: tuple[str, ...]) -> F:
    return click.option(
        "--format",
        type=click.Choice(forms),
        default="table",
        show_default=True,
        expose_value=False,
        is_eager=True,  # known before --json is looked at
        callback=_keep_form,
        help="Output format.",
    )(function)


def _keep_form(ctx: click.Context, param: click.Parameter, value: str) -> None:
    ctx.meta[FORM] = value


def _is_json(ctx: click.Context, param: click.Parameter, value: bool) -> bool:
    form = ctx.meta.get(FORM, "table")
    if value and form not in ("table", "json"):
        raise UsageError(f"--json and --format {form} contradict each other", fix="leave one of them out")
    return value or form == "json"


def quiet_option(function: F) -> F:
    """``--quiet``: no progress and no summary, errors only."""
    return click.option("--quiet", is_flag=True, help="No progress bar and no summary.")(function)


def size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Callback of options that take a size such as ``4GB``: bytes; :class:`~armillary.errors.UsageError` for what is none."""
    return None if value is None else bytes_of(value)


def engine_options(function: F) -> F:
    """``--engine`` and ``--master``: what computes."""
    function = click.option(
        "--master", metavar="URL", help="Spark: master such as spark://host:7077 or local[4], or sc://host:15002 (Spark Connect)."
    )(function)
    return click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True, help="What computes.")(
        function
    )


def limit_options(function: F) -> F:
    """``--memory`` and ``--threads``: what a computation may take."""
    function = click.option("--threads", type=click.IntRange(1), help="Threads of the engine.  [default: all cores]")(function)
    return click.option(
        "--memory",
        metavar="SIZE",
        callback=size,
        help="Memory of the engine, such as 4GB; what exceeds it goes to disk. Python needs about 0.3 GB beside it.  "
        "[default: 80 % of the machine]",
    )(function)


def engine_from(given: dict[str, Any]) -> dict[str, Any]:
    """Options of :func:`armillary.open` from those of :func:`engine_options` and :func:`limit_options`; they leave ``given``."""
    engine, master = given.pop("engine", "duckdb"), given.pop("master", None)
    memory, threads = given.pop("memory", None), given.pop("threads", None)
    if master and engine != "spark":
        raise UsageError("--master is for Spark", fix="add --engine spark")
    options: dict[str, Any] = {"engine": engine}
    if master:
        options["remote" if master.startswith("sc://") else "master"] = master
    if threads:
        options["threads"] = threads
    if memory:
        options["memory_limit"] = f"{max(1, memory >> 20)}m" if engine == "spark" else f"{max(1, memory >> 10)}KiB"
    return options


def print_json(value: object) -> None:
    """Write ``value`` as stable, indented JSON to standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=False, default=str))


def said_if_hidden(name: str, chosen: Path, what: str) -> None:
    """A built-in name wins over a file or folder of the same name; say so on standard error where there is one."""
    if chosen != Path(name) and Path(name).exists():
        click.echo(f"armillary: '{name}' is the built-in {what}; for the file or folder here write ./{name}", err=True)


def write_whole(path: Path, text: str) -> None:
    """Write a file that is there complete or not at all, whatever happens in between."""
    durable.write(path, text)


def renew_cubes(observatory: Path, *, quiet: bool) -> None:
    """After new records: make the cubes again that they have left behind, if there are any."""
    from armillary.core.store import Store
    from armillary.ranking.cubes.usual import renewed

    made = renewed(Store.open(observatory))
    if made.cubes and not quiet:
        click.echo(f"{observatory}: {len(made.cubes)} cubes made again from the new records")
