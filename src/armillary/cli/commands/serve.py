"""Show the observatory as pages and an API on this machine."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from pathlib import Path

import click

from armillary.cli.common import observatory_option, quiet_option
from armillary.errors import MissingExtraError, UsageError


@click.command(name="serve")
@observatory_option
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; other machines see the pages only if you change it."
)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--memory", default="2GB", show_default=True, help="Memory that the engine may use before it spills to disk.")
@click.option("--threads", type=click.IntRange(1, 256), help="Threads of the engine (default: all cores).")
@click.option("--rate", default=40.0, show_default=True, help="Requests a second and client; 0 turns the limit off.")
@click.option("--name", "names", multiple=True, help="Name under which the pages are reached, besides addresses and localhost; '*': any.")
@click.option(
    "--forwarded-by", multiple=True, metavar="ADDRESS", help="Proxy whose X-Forwarded-For and X-Forwarded-Proto are believed (repeatable)."
)
@click.option("--timeout", default=60.0, show_default=True, type=click.FloatRange(1, 3600), help="Seconds that a request may take.")
@click.option("--long-timeout", default=300.0, show_default=True, type=click.FloatRange(1, 36000), help="The same for long pages.")
@click.option(
    "--address", default="", help="Where the site is seen from outside (https://...): written into pictures, files and citations."
)
@click.option("--frames", default="", help="Sites that may show pages in a frame: '*', or addresses joined by spaces. Default: none.")
@click.option(
    "--feedback", default="", help="Where readers say what is wrong: https://... or mailto:...; a link in the foot of every page."
)
@quiet_option
def command(
    observatory: Path,
    host: str,
    port: int,
    memory: str,
    threads: int | None,
    rate: float,
    names: tuple[str, ...],
    forwarded_by: tuple[str, ...],
    timeout: float,
    long_timeout: float,
    address: str,
    frames: str,
    feedback: str,
    quiet: bool,
) -> None:
    """Show the observatory as pages and an API on this machine.

    Read-only: no page changes anything. Without --host the pages can be seen from this machine alone.
    """
    try:
        from armillary.core.store import Store
        from armillary.web.app import create_app
        from armillary.web.connections import run
        from armillary.web.settings import Settings
    except ImportError:
        raise MissingExtraError("web", "armillary serve") from None
    Store.open(observatory).require_sample()
    settings = Settings(rate_per_s=rate, names=(*names, host), request_s=timeout, long_request_s=long_timeout)
    settings = replace(settings, address=_address(address), frames=_frames(frames), feedback=_feedback(feedback))
    if forwarded_by:  # all clients come from the proxy's address
        settings = replace(settings, connections_per_client=0)
    app = create_app(observatory, settings=settings, memory_limit=memory, threads=threads)
    _check_free(host, port)
    app.warm()

    def started() -> None:
        if not quiet:
            click.echo(f"Armillary shows {observatory} at http://{host}:{port}/  (stop with Ctrl+C)")

    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    run(app, settings, host=host, port=port, forwarded_by=forwarded_by, started=started)


def _address(text: str) -> str:
    if text and not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?", text):
        raise UsageError(f"'{text}' is no address of a site", fix="give one such as https://science.example")
    return text.rstrip("/")


def _frames(text: str) -> str:
    for word in text.split():
        if not re.fullmatch(r"\*|'self'|https?://(\*\.)?[A-Za-z0-9.:-]+", word):
            raise UsageError(f"'{word}' is no site that could show a frame", fix="give '*', or addresses such as https://news.example")
    return " ".join(text.split())


def _feedback(text: str) -> str:
    if text and not re.fullmatch(r"(https?://|mailto:)[^\s\"'<>]+", text):
        raise UsageError(f"'{text}' is no address for feedback", fix="give https://... or mailto:...")
    return text


def _check_free(host: str, port: int) -> None:
    """Fail with one clear line before uvicorn fails with many."""
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UsageError(f"cannot listen on {host}:{port}: {error.strerror}", fix="choose another --port or --host") from None
