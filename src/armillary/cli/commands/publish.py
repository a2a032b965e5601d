"""Write the pages as files that any file server (or none) can show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.common import json_option, observatory_option, print_json, quiet_option
from armillary.errors import MissingExtraError, UnknownNameError


@click.command(name="publish")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@observatory_option
@click.option("--languages", default="en,zh", show_default=True, help="Languages of the pages, joined by commas.")
@click.option("--pages", "most", default=1500, show_default=True, type=click.IntRange(1, 200_000), help="Files at most.")
@click.option("--memory", default="2GB", show_default=True, help="Memory that the engine may use before it spills to disk.")
@click.option("--example-index", is_flag=True, help="Write an example index into the observatory first, if it has no index.")
@json_option
@quiet_option
def command(
    folder: Path, observatory: Path, languages: str, most: int, memory: str, example_index: bool, as_json: bool, quiet: bool
) -> None:
    """Write the pages as files that any file server (or none) can show.

    FOLDER is new, or was written by an earlier publish and is then replaced as a whole.
    """
    try:
        from armillary.web.current import LANGUAGES
        from armillary.web.indices import specs
        from armillary.web.publish import publish
        from armillary.web.sample_index import write_sample_index
        from armillary.web.settings import Settings
        from armillary.web.site import Site
    except ImportError:
        raise MissingExtraError("web", "armillary publish") from None
    wanted = tuple(w.strip() for w in languages.split(",") if w.strip())
    for w in wanted:
        if w not in LANGUAGES:
            raise UnknownNameError("language", w, LANGUAGES)
    site = Site(observatory, Settings(rate_per_s=0, rankings_kept=4000), memory_limit=memory)
    if example_index and not specs(site):
        write_sample_index(site.obs)
    if quiet or as_json:
        done = publish(site, folder, languages=wanted, most=most)
    else:
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as progress:
            task: Any = progress.add_task("pages", total=None)
            done = publish(site, folder, languages=wanted, most=most, tick=lambda n, of: progress.update(task, completed=n, total=of))
    if as_json:
        print_json({"folder": str(done.folder), "pages": done.pages, "files": done.files, "bytes": done.bytes_n, "left_out": done.left_out})
    elif not quiet:
        click.echo(
            f"{done.pages:,} pages, {done.files:,} files, {done.bytes_n / 1e6:.1f} MB in {done.folder}; open {done.folder / 'index.html'}"
        )
