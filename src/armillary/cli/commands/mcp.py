"""Answer agents over the Model Context Protocol: on standard input and output, or over HTTP."""

from __future__ import annotations

import os
from pathlib import Path

import click

from armillary.cli.common import limit_options
from armillary.errors import MissingExtraError, StoreError


@click.command(epilog="Example: armillary mcp --into observatory; armillary mcp --http --port 8001")
@click.option(
    "--into",
    "observatory",
    type=click.Path(path_type=Path),
    default=lambda: os.environ.get("ARMILLARY_OBSERVATORY"),
    help="Observatory that answers rankings.  [default: ./observatory if there is one, else only what ships]",
)
@click.option("--http", is_flag=True, help="Serve http://HOST:PORT/mcp instead of standard input and output.")
@click.option("--host", help="With --http: address to listen on.  [default: 127.0.0.1, this machine alone]")
@click.option("--port", type=click.IntRange(1, 65535), help="With --http: port to listen on.  [default: 8000]")
@limit_options
def command(observatory: Path | None, http: bool, host: str | None, port: int | None, memory: int | None, threads: int | None) -> None:
    """Answer agents: tools find, rank, explain, compare, series, ask, why_not, method. Nothing can be changed, and no file named."""
    from armillary.errors import UsageError

    if not http and (host or port):
        raise UsageError("--host and --port are for HTTP", fix="add --http")
    try:
        from armillary.agents.server import BODY, server
    except ImportError:
        raise MissingExtraError("agents", "armillary mcp") from None
    import armillary as arm
    from armillary.cli.common import engine_from

    if observatory is None and Path("observatory", "CURRENT").is_file():
        observatory = Path("observatory")
    obs = None
    if observatory is not None:
        obs = arm.open(observatory, **engine_from({"memory": memory, "threads": threads}))
        obs.store.require_sample()
    elif memory or threads:
        raise StoreError("--memory and --threads are for an observatory, and there is none here", fix="add --into FOLDER")
    out = server(obs)
    if not http:
        out.run()
        return
    host, port = host or "127.0.0.1", port or 8000
    click.echo(f"Armillary answers agents at http://{host}:{port}/mcp  (stop with Ctrl+C)", err=True)
    out.run("streamable-http", host=host, port=port, stateless_http=True, json_response=True, max_request_body_size=BODY)
