"""Fetch or unpack a pack into a folder (a folder, a zip, or the address of one), to use it with any command."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from armillary.errors import StoreError, UsageError


@click.command("open", help=__doc__, epilog="Example: armillary pack open https://example.org/world.zip --into world.pack")
@click.argument("pack")
@click.option("--into", "folder", type=click.Path(path_type=Path), required=True, help="The folder to write; new or empty.")
def command(pack: str, folder: Path) -> None:
    """Write it whole, check every file, and say how to go on."""
    from armillary.core import durable, packs
    from armillary.core.store import Store
    from armillary.publishing.packs import checked
    from armillary.sources.fetch.packs import address_of, opened, reading

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is in the way", fix="give a new or empty folder")
    address = address_of(pack)
    store = Store.open(opened(address) if address else Path(pack))
    if store.pack is None:
        raise StoreError("this is an observatory with its records, not a pack", where=pack, fix="make one with armillary pack make")
    with durable.whole_folder(folder, packs.DESCRIPTOR) as part:
        shutil.copytree(store.path, part, dirs_exist_ok=True, ignore=shutil.ignore_patterns("remote.json"))
        for name in store.pack.files:
            if not (part / name).is_file():
                (part / name).parent.mkdir(parents=True, exist_ok=True)
                source = reading(store.path / name)
                if isinstance(source, Path):
                    continue  # told below
                with source, (part / name).open("wb") as out:
                    shutil.copyfileobj(source, out)
        if wrong := checked(Store.open(part)):
            raise StoreError(f"the pack is damaged: {'; '.join(wrong[:3])}", where=pack, fix="fetch or make it again")
    click.echo(f"{folder}: {store.pack.name}, sums of {store.rows('work'):,} works")
    click.echo(f"  look in:  armillary pack info {folder}")
    click.echo(f"  use it:   armillary rank share --into {folder}; armillary serve --into {folder}")
