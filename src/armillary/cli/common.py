"""Options and output shared by all commands."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def observatory_option(function: F) -> F:
    """``--into FOLDER``: the observatory that is read or written (default: ``$ARMILLARY_OBSERVATORY`` or ``./observatory``)."""
    return click.option(
        "--into", "observatory", type=click.Path(path_type=Path), default=lambda: Path(os.environ.get("ARMILLARY_OBSERVATORY",
        "observatory")),
        show_default="./observatory", help="The observatory folder.",
    )(function)


def json_option(function: F) -> F:
    """``--json``: machine-readable output on standard output."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def quiet_option(function: F) -> F:
    """``--quiet``: no progress and no summary, errors only."""
    return click.option("--quiet", is_flag=True, help="No progress bar and no summary.")(function)


def print_json(value: object) -> None:
    """Write ``value`` as stable, indented JSON to standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=False, default=str))
