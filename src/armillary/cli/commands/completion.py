"""The script that makes a shell complete commands, options and arguments."""

from __future__ import annotations

import click

from armillary.cli.complete import SHELLS, script


@click.command(epilog='Example: eval "$(armillary completion bash)"; for good, add that line to ~/.bashrc')
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script for SHELL.

    bash, zsh: eval "$(armillary completion zsh)". fish: armillary completion fish | source. PowerShell: armillary completion powershell |
    Out-String | Invoke-Expression.
    """
    click.echo(script(shell, ctx.find_root().command), nl=False)
