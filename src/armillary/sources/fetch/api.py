"""The OpenAlex API: page through a query with cursors into ``OUT/<entity>/part_NNNN.gz``, which ``armillary ingest openalex`` reads.

After each page its bytes are on the disk (one gzip member a page) before the state file names the next cursor, so a run that ended anywhere
goes on with the next page and no record is lost or kept twice. The manifest that the ingest checks is written when all pages are there.
"""

from __future__ import annotations

import gzip
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from armillary.errors import FetchError, StoreError, UsageError
from armillary.sources.fetch import files
from armillary.sources.fetch.faults import LATER, Policy, Transient
from armillary.sources.fetch.remote import check_status, client, faults_of_http

if TYPE_CHECKING:
    import httpx

BASE = "https://api.openalex.org"
ENTITIES = ("works", "institutions", "sources", "topics", "authors")
STATE = "fetch.state"
LARGEST_PAGE = 256 * 2**20
_FRESH = "give --fresh to fetch it anew, or another --out"


@dataclass(frozen=True)
class Query:
    """What is asked for; ``per_page`` is at most 100 (the limit of the API since 2026)."""

    entity: str = "works"
    filter: str | None = None
    search: str | None = None
    per_page: int = 100
    base: str = BASE

    @property
    def address(self) -> str:
        """Where it is asked, for messages."""
        return f"{self.base.rstrip('/')}/{self.entity}"


class _Meta(msgspec.Struct):
    count: int
    next_cursor: str | None = None


class Page(msgspec.Struct):
    """A page of results; records as they came."""

    meta: _Meta
    results: list[msgspec.Raw]


@dataclass
class State:
    """What is done, in the state file. ``parts`` are finished files; ``open_bytes`` of the open one are safe."""

    query: dict[str, Any]
    cursor: str | None = "*"
    expected: int = 0
    parts: list[dict[str, Any]] = field(default_factory=list)
    open_bytes: int = 0
    open_records: int = 0

    @property
    def records(self) -> int:
        """Records so far."""
        return self.open_records + sum(int(p["records"]) for p in self.parts)


@dataclass(frozen=True)
class Summary:
    """One run. ``requests`` counts every attempt; ``resumed`` records were there before; ``expected`` is what the API says there are."""

    address: str
    folder: str
    expected: int
    records: int
    resumed: int
    files: int
    bytes: int
    requests: int


@dataclass(frozen=True)
class Estimate:
    """What a fetch would take, judged by its first page: ``requests`` and compressed ``bytes`` for what is not ``here`` yet."""

    address: str
    expected: int
    here: int
    requests: int
    bytes: int
    free_bytes: int
    allowance: str | None


class Api:
    """Requests at no more than ``rate`` a second, and no more than ``max_requests`` in all."""

    def __init__(self, query: Query, policy: Policy, *, key: str | None, mailto: str | None, rate: float, max_requests: int) -> None:
        self._query, self._policy, self._key = query, policy, key
        self._client = client(policy, key=key, base=query.base)
        self._parameters = {"filter": query.filter, "search": query.search, "mailto": mailto, "per_page": str(query.per_page)}
        self._gap, self._next = 1 / rate, 0.0
        self._most = max_requests
        self.requests = 0
        self.allowance: str | None = None

    def page(self, cursor: str) -> Page:
        """The page at ``cursor``."""
        return self._policy.run(lambda: self._ask(cursor), self._query.address)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    @property
    def is_used_up(self) -> bool:
        """Whether the server said that nothing of the day's allowance is left."""
        try:
            return self.allowance is not None and float(self.allowance) <= 0
        except ValueError:
            return False

    def _ask(self, cursor: str) -> Page:
        if self.requests >= self._most:
            raise FetchError(f"the budget of {self._most:,} requests is used up", where=self._query.address, fix=f"to go on, {LATER}")
        wait = self._next - time.monotonic()
        if wait > 0:
            self._policy.stop.wait(wait)
        self._next = time.monotonic() + self._gap
        self.requests += 1
        wanted = {k: v for k, v in self._parameters.items() if v} | {"cursor": cursor}
        with faults_of_http(self._policy), self._client.stream("GET", self._query.address, params=wanted) as response:
            check_status(response, self._query.address, secret=self._key, fix=self._advice(response))
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > LARGEST_PAGE:
                    raise Transient("the page never ends")
        self.allowance = response.headers.get("X-RateLimit-Remaining")
        try:
            return msgspec.json.decode(body, type=Page)
        except msgspec.MsgspecError:
            raise Transient("the answer is not a page of results") from None

    def _advice(self, response: httpx.Response) -> str:
        if response.status_code in (401, 403):
            return "check the key in OPENALEX_API_KEY" if self._key else "put your key into the environment variable OPENALEX_API_KEY"
        return "check --filter and --search; if the cursor is too old, --fresh begins anew"


def estimate(api: Api, query: Query, out: Path, *, fresh: bool = False) -> Estimate:
    """Ask for one page and project from it; writes nothing. ``fresh``: as if nothing was here."""
    page = api.page("*")
    n = len(page.results)
    size = len(_packed(page))
    here, is_done = (0, False) if fresh else _so_far(out / query.entity, query)
    missing = 0 if is_done else max(0, page.meta.count - here)
    pages = 0 if is_done else max(1, -(-missing // query.per_page))
    whole = size if n == 0 else round(size * missing / n)
    return Estimate(query.address, page.meta.count, here, pages, whole, files.free_bytes(out), api.allowance)


def _so_far(folder: Path, query: Query) -> tuple[int, bool]:
    """Records that an earlier run of this query left, and whether they are all."""
    try:
        state = msgspec.convert(json.loads((folder / STATE).read_text(encoding="utf-8")), State)
    except (OSError, ValueError, msgspec.MsgspecError):
        return 0, False
    return (state.records, state.cursor is None) if state.query == asdict(query) else (0, False)


def fetch(
    api: Api,
    query: Query,
    out: Path,
    *,
    records_per_file: int = 10_000,
    fresh: bool = False,
    total: Callable[[int], None] = lambda _: None,
    progress: Callable[[int, int], object] = lambda _, __: None,
) -> Summary:
    """Fetch all pages that are not here yet. :class:`FetchError` when the budget ends or the server refuses; what came is kept."""
    folder = out / query.entity
    with files.locked(folder), files.disk_faults(folder):
        state = _begin(folder, query, fresh=fresh)
        before = state.records
        if state.cursor is not None and (folder / "manifest").exists():
            (folder / "manifest").unlink()
        if state.expected:
            total(state.expected)
            progress(before, before)
        seen = {state.cursor}
        while state.cursor is not None:
            page = api.page(state.cursor)
            if state.expected != page.meta.count:
                state.expected = page.meta.count
                total(state.expected)
            following = page.meta.next_cursor if page.results else None
            if following in seen and following is not None:
                raise FetchError("the cursor goes in a circle", where=query.address, fix="try again with --fresh")
            seen.add(following)
            _append(folder, state, page)
            state.cursor = following
            if state.open_records >= records_per_file or (following is None and state.open_records):
                _close(folder, state)
            files.write_json(folder / STATE, asdict(state))
            progress(len(page.results), len(page.results))
            if api.is_used_up and following is not None:
                raise FetchError(
                    f"the server's allowance is used up after {state.records:,} of {state.expected:,} records",
                    where=query.address,
                    fix=f"when it is renewed (daily), {LATER}",
                )
        _manifest(folder, query, state)
    return Summary(
        query.address,
        str(folder),
        state.expected,
        state.records,
        before,
        len(state.parts),
        sum(p["bytes"] for p in state.parts),
        api.requests,
    )


def _begin(folder: Path, query: Query, *, fresh: bool) -> State:
    """The state to go on from; cuts off what an interrupted run wrote after its last saved page."""
    path = folder / STATE
    if fresh:
        for old in (path, folder / "manifest", *folder.glob("part_*.gz"), *folder.glob("part_*.gz.part")):
            old.unlink(missing_ok=True)
    if not path.exists():
        if strange := sorted(folder.glob("*.gz")) + sorted(folder.glob("updated_date=*")):
            raise UsageError("the folder holds files that were not fetched by a query", where=strange[0], fix="choose another --out")
        return State(asdict(query))
    try:
        state = msgspec.convert(json.loads(path.read_text(encoding="utf-8")), State)
    except (ValueError, msgspec.MsgspecError) as error:
        raise StoreError("the state of the fetch is damaged", where=path, fix=_FRESH) from error
    if state.query != asdict(query):
        asked = ", ".join(f"{k} {v}" for k, v in state.query.items() if v and v != asdict(query)[k]) or "no filter"
        raise UsageError(f"the folder holds another query ({asked})", where=folder, fix=_FRESH)
    for part in state.parts:
        there = folder / part["file"]
        if not there.exists() and _partial(folder, part["file"]).exists():
            _partial(folder, part["file"]).replace(there)
        if not there.exists() or there.stat().st_size != part["bytes"]:
            raise StoreError("a fetched file was changed or is gone", where=there, fix=_FRESH)
    number = len(state.parts)
    name = _name(number)
    final, open_part = folder / name, _partial(folder, name)
    if final.exists():  # renamed, but the state was not saved any more
        final.replace(open_part)
    if state.open_bytes:
        if not open_part.exists() or open_part.stat().st_size < state.open_bytes:
            raise StoreError("the file being fetched was changed or is gone", where=open_part, fix=_FRESH)
        os.truncate(open_part, state.open_bytes)
    else:
        open_part.unlink(missing_ok=True)
    return state


def _append(folder: Path, state: State, page: Page) -> None:
    if not page.results:
        return
    path = _partial(folder, _name(len(state.parts)))
    with path.open("ab") as file:
        file.write(_packed(page))
        file.flush()
        os.fsync(file.fileno())
        state.open_bytes = file.tell()
    state.open_records += len(page.results)


def _close(folder: Path, state: State) -> None:
    name = _name(len(state.parts))
    _partial(folder, name).replace(folder / name)
    state.parts.append({"file": name, "bytes": state.open_bytes, "records": state.open_records})
    state.open_bytes = state.open_records = 0


def _packed(page: Page) -> bytes:
    """The records of a page as one gzip member, one line each; the same records give the same bytes."""
    lines = (bytes(raw) for raw in page.results)
    return gzip.compress(b"".join((msgspec.json.format(x, indent=-1) if b"\n" in x else x) + b"\n" for x in lines), 6, mtime=0)


def _manifest(folder: Path, query: Query, state: State) -> None:
    """The list that the ingest checks, in the form of the snapshot's."""
    entries = [
        {"url": f"{query.entity}/{p['file']}", "meta": {"content_length": p["bytes"], "record_count": p["records"]}} for p in state.parts
    ]
    files.write_json(folder / "manifest", {"entries": entries, "meta": {"record_count": state.records, "query": state.query}})


def _name(number: int) -> str:
    return f"part_{number:04}.gz"


def _partial(folder: Path, name: str) -> Path:
    return folder / f"{name}.part"
