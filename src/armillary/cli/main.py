"""Entry point ``armillary``: finds commands, turns our errors into one line and exit code 2."""

from __future__ import annotations

import ast
import importlib
import json
import os
import pkgutil
import sys
from pathlib import Path

import click

from armillary.cli.plain_output import plain_output
from armillary.core.limits import engine_fault
from armillary.core.locking import system_fault
from armillary.errors import ArmillaryError, printable
from armillary.version import __version__

_ROOT = "armillary.cli.commands"


class CommandFolder(click.Group):
    """A click group whose commands are the modules of a package, imported only when called."""

    def __init__(self, package: str, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.package = package

    def _folder(self) -> Path:
        return Path(__file__).parent.joinpath(*self.package.split(".")[2:])

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands in the package, sorted."""
        return sorted(m.name.replace("_", "-") for m in pkgutil.iter_modules([str(self._folder())]) if not m.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        name = cmd_name.replace("-", "_")
        if cmd_name not in self.list_commands(ctx):
            return None
        target = f"{self.package}.{name}"
        if (self._folder() / name).is_dir():
            return CommandFolder(target, name=cmd_name, help=_help_line(self._folder() / name / "__init__.py"))
        command = importlib.import_module(target).command
        assert isinstance(command, click.Command)
        if os.environ.get("_ARMILLARY_COMPLETE"):
            from armillary.cli.complete import with_completion

            return with_completion(command, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands with their help lines, read from docstrings so that nothing heavy is imported."""
        rows = []
        for name in self.list_commands(ctx):
            path = self._folder() / name.replace("-", "_")
            rows.append((name, _help_line(path / "__init__.py" if path.is_dir() else path.with_suffix(".py"))))
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion where the name is unknown."""
        from armillary.errors import UnknownNameError

        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise UnknownNameError("command", args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)


def _help_line(module: Path) -> str:
    return (ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "").split("\n")[0]


root = CommandFolder(
    _ROOT,
    name="armillary",
    help="Armillary: an open observatory of science and innovation.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
root.params.append(
    click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, help="Print the version.", callback=lambda c, p, v: _version(c, v)
    )
)
root.params.append(
    click.Option(
        ["--limit"],
        multiple=True,
        metavar="NAME=N",
        is_eager=True,
        expose_value=False,
        help="Raise a limit that a file met, as its message says.",
        callback=lambda c, p, v: _allow(v),
    )
)


def _allow(limits: tuple[str, ...]) -> None:
    if limits:
        from armillary.core import guarded

        for text in limits:
            guarded.allowed(text)


def _version(ctx: click.Context, value: bool) -> None:
    if value:
        click.echo(f"armillary {__version__}")
        ctx.exit()


def run(args: list[str] | None = None) -> int:
    """Run one command line and return its exit code: 0 done, 1 a check or audit found something, 2 an error that the user can mend."""
    argv = sys.argv[1:] if args is None else args
    with plain_output():
        return _run(argv)


def _run(argv: list[str]) -> int:
    try:
        # https://no-color.org: set and not empty means no colour, whatever the terminal can
        colour = False if os.environ.get("NO_COLOR") else None
        result = root.main(args=argv, prog_name="armillary", standalone_mode=False, color=colour)
        return result if isinstance(result, int) else 0
    except ArmillaryError as error:
        return _tell(error, argv)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.ClickException as error:
        click.echo(f"armillary: {printable(' '.join(error.format_message().split())).rstrip('.')}. See 'armillary --help'", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("armillary: interrupted; what was finished is kept, run the same command to go on", err=True)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        fault: ArmillaryError | None = engine_fault(error)
        if fault is None and isinstance(error, OSError):
            fault = system_fault(error)
        if fault is None:
            raise
        return _tell(fault, argv)


def _tell(error: ArmillaryError, argv: list[str]) -> int:
    if "--json" in argv:
        told = {"error": type(error).__name__, "what": error.what, "where": error.where, "fix": error.fix}
        click.echo(json.dumps(told, ensure_ascii=False))
    click.echo(f"armillary: {error.line}", err=True)
    return 2


def main() -> None:
    """Console entry point."""
    sys.exit(run())
