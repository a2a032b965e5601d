"""The site as files: the same pages from the same templates, with relative links, for any file server or none.

A published site holds the pages a reader reaches by links within bounds (:mod:`armillary.web.plan`); what would need a server (forms,
search, paging) is left out of the pages by the templates, so every link that is there leads somewhere.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armillary.core import durable
from armillary.core.locking import storage_faults
from armillary.errors import UsageError
from armillary.registry import world
from armillary.studies.world.beside import MEASURES
from armillary.version import __version__
from armillary.web import i18n
from armillary.web.app import create_app
from armillary.web.assets import by_public_name
from armillary.web.current import link, speaking
from armillary.web.find import index_of
from armillary.web.find.entries import KIND
from armillary.web.indices import specs
from armillary.web.llms import llms_text
from armillary.web.plan import Address, SitePlan
from armillary.web.render import INDEX_NAME
from armillary.web.site import Site, last_full_year

MARK = "armillary-site.json"


@dataclass(frozen=True, slots=True)
class SiteWritten:
    """What was written."""

    folder: Path
    pages: int
    files: int
    bytes_n: int
    left_out: int


def publish(
    site: Site, folder: Path, *, languages: tuple[str, ...] = ("en", "zh"), most: int = 1500, tick: Callable[[int, int], None] | None = None
) -> SiteWritten:
    """Write the site into ``folder``: a new one, or one that an earlier publish wrote (which is replaced as a whole)."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise UsageError(f"{folder} is not empty and was not made by armillary publish", fix="give a new folder")
    try:
        with storage_faults(folder), durable.whole_folder(folder, MARK) as partial:
            return _write_site(site, partial, folder, languages, most, tick)
    except FileExistsError as error:
        raise UsageError(f"{error.filename} {error.strerror}", fix="move it away, or give another folder") from None


def _write_site(
    site: Site, partial: Path, folder: Path, languages: tuple[str, ...], most: int, tick: Callable[[int, int], None] | None
) -> SiteWritten:
    site.obs.store.require_whole()
    app = create_app(site=site)
    year = last_full_year(site)
    plan = SitePlan(str(year or ""), languages, most, corpus=str(site.data.get("kind", "world")))
    # what people come for is found first, should the number of files run out
    own: tuple[str, ...] = (
        "/map",
        "/claims",
        "/indices",
        "/collaboration",
        "/clusters",
        "/leadership",
        "/brief",
        "/dossier",
        "/data",
        "/methods",
    )
    measures = tuple(f"/series/{world.concepts()[c][0].id}" for c in MEASURES)
    shipped = ("/stories", *measures, "/countries", "/compare", "/series", "/groups")
    # the records of an observatory go before the tables that everybody has, unless they are but a sample
    own += tuple(f"/indices/{name}" for name in specs(site))
    for path in ("/", *shipped, *own) if plan.corpus == "random-sample" else ("/", *own, *shipped):
        for language in languages:
            plan.resolve(path, "", "html", language)
    failed = asyncio.run(_crawl(app, plan, partial, tick))
    while failed:
        # pages that the data cannot fill are left out, and with them the links to them
        plan.skip |= failed
        again = [a for a, targets in plan.links.items() if targets & failed and a not in plan.skip]
        for address in failed:
            plan.known.pop(address, None)
        plan.queue.extend(again)
        for address in again:
            plan.links.pop(address, None)
        failed = asyncio.run(_crawl(app, plan, partial, tick))
    for name, asset in by_public_name().items():
        _write(partial / "static" / name, asset.body)
    for language in languages:
        _write(partial / "static" / INDEX_NAME.format(language), search_index(site, plan, language))
    files = [p.relative_to(partial).as_posix() for p in partial.rglob("*") if p.is_file() and p.name != MARK]
    _write(partial / "llms.txt", llms_text(site, files).encode())
    written = [p for p in partial.rglob("*") if p.is_file() and p.name != MARK]
    total = sum(p.stat().st_size for p in written)
    mark = {"armillary": __version__, "data": site.data, "pages": len(plan.known), "languages": list(languages)}
    _write(partial / MARK, (json.dumps(mark, ensure_ascii=False, indent=1, default=str) + "\n").encode())
    return SiteWritten(folder, sum(1 for a in plan.known if a[2] == "html"), len(written) + 1, total, len(plan.skip))


def search_index(site: Site, plan: SitePlan, language: str) -> bytes:
    """What can be found among the pages that were written, as a script (a page opened from a disk may load no other kind of file).

    Rows: label, kind, address from the site's folder, weight, names. Things without a page of their own here are left out.
    """
    rows = []
    for item in index_of(site).items:
        name = plan.known.get((item.path, item.query, "html", language))
        if name is not None:
            with speaking(language):
                rows.append([item.label(language), i18n.gettext(KIND[item.kind]), name, round(item.weight, 2), item.names])
    return f"window.FIND_INDEX = {json.dumps(rows, ensure_ascii=False, separators=(',', ':'))};\n".encode()


async def _crawl(app: Any, plan: SitePlan, folder: Path, tick: Callable[[int, int], None] | None) -> set[Address]:
    """Render everything that is reachable; the addresses that did not answer."""
    failed: set[Address] = set()
    done = 0
    while plan.queue:
        address = plan.queue.popleft()
        plan.here = address
        status, body = await _get(app, address, plan)
        done += 1
        if status != 200:
            failed.add(address)
            continue
        _write(folder / plan.known[address], body)
        if tick is not None:
            tick(done, len(plan.known))
    return failed


async def _get(app: Any, address: Address, plan: SitePlan) -> tuple[int, bytes]:
    """One request to the application, without a network."""
    path, query, kind, language = address
    target = link(path, "", kind, language)
    out: dict[str, Any] = {"status": 500, "body": b""}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            out["status"] = message["status"]
        else:
            out["body"] += message.get("body", b"")

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": target,
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [],
        "client": None,
        "server": ("localhost", 80),
        "armillary.plan": plan,
    }
    await app(scope, receive, send)
    return out["status"], out["body"]


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
