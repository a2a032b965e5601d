"""What happens around every page: language and format from the path, cache and ETag, rate limit, security headers. Plain ASGI."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from armillary.core.bounds import LEFT, StoppedError
from armillary.web.addresses import Addresses
from armillary.web.current import Current, set_current, split_path
from armillary.web.hosts import is_served, served
from armillary.web.jobs import Jobs, Place
from armillary.web.lanes import PLAIN, Lanes
from armillary.web.opened import LONG, SHORT, BusyError, OpenGeneration
from armillary.web.problems import Replies, describe, problem_bytes, retry_after
from armillary.web.site import Site

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

log = logging.getLogger(__name__)
REFRESH_S = 3
"""Seconds after which the page of who waits asks again."""
_LOOK_S = 0.5
_LARGE = 200_000
_MESSAGES = 100

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]


@dataclass(slots=True)
class Kept:
    """One remembered answer."""

    headers: list[tuple[bytes, bytes]]
    body: bytes
    packed: bytes | None
    etag: bytes

    @property
    def size(self) -> int:
        """Bytes that it takes in the cache."""
        return len(self.body) + len(self.packed or b"") + 512


@dataclass(slots=True)
class Other:
    """An answer that is not remembered: an error."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Around:
    """Wraps the application. Only successful answers to GET are remembered, whole, under path, query, language, format and data version.

    What cannot be answered is refused before any work (:mod:`armillary.web.addresses`); the rest is computed as a job of its lane
    (:mod:`armillary.web.jobs`). ``replies`` makes the pages and problem documents of refusals.
    """

    def __init__(self, app: App, *, site: Site, addresses: Addresses, replies: Replies) -> None:
        self.app, self.site, self.settings, self.addresses, self.replies = app, site, site.settings, addresses, replies
        self.lanes = Lanes(self.settings.long_after_s)
        self._names = served(self.settings.names)
        self._kept: OrderedDict[tuple[str, ...], Kept] = OrderedDict()
        self._size = 0
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._jobs: Jobs | None = None

    def warm(self) -> None:
        """Do beforehand what the first reader of a page would wait for: connections, the files that pages load, templates."""
        self.site.newest.warm()
        set_current(Current("/", "", "en", "html", None))
        self.replies.reply(404, "not found", "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        full, query = scope["path"], scope.get("query_string", b"").decode("latin-1")
        if (refused := self._refused(scope, full, query)) is not None:
            await _problem(send, *refused)
            return
        if full.startswith(("/static/", "/api/")):
            path, language, kind = full, "en", "html"
        else:
            path, language, kind = split_path(full)
        plan = scope.get("armillary.plan")
        set_current(Current(path, query, language, kind, plan))
        inner = {**scope, "path": path, "raw_path": path.encode(), "method": "GET"}
        if plan is not None:
            # while publishing, the links of a page depend on what else is published, so nothing is taken from the cache; nobody waits
            answer = await self._ask(inner)
            await _answer(answer, scope, send)
            return
        try:
            found = await self._found(inner, receive, query, language, kind)
        except Exception as error:  # also of the page that says what is wrong
            log.exception("unexpected error", exc_info=error)
            await _problem(send, 500, "something broke", "the fault is ours and is in the log")
            return
        if found is not None:
            await _answer(found, scope, send)

    async def _found(self, inner: Scope, receive: Receive, query: str, language: str, kind: str) -> Kept | Other | None:
        """The answer to a request that is not refused outright: from the cache, or as a job. None if the client has left."""
        path = inner["path"]
        if (fault := self.addresses.fault(path, query, kind)) is not None:
            return self._reply(*fault)
        await self._look()
        opened = self.site.newest
        key = (opened.version, path, query, language, kind)
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        return await self._job(key, inner, receive, opened)

    def _refused(self, scope: Scope, path: str, query: str) -> tuple[Any, ...] | None:
        """Arguments of :func:`_problem` for what is refused whoever asks what."""
        hosts = [v for k, v in scope["headers"] if k == b"host"]
        if len(hosts) > 1 or (hosts and not is_served(hosts[0], self._names)):
            return 421, "not this site", "this server does not answer to that name; its keeper adds names with armillary serve --name"
        if scope["method"] not in ("GET", "HEAD"):
            return 405, "read only", "this site answers GET and HEAD", [(b"allow", b"GET, HEAD"), (b"connection", b"close")]
        if len(query) > 2000 or len(path) > 500:
            return 414, "address too long", "shorten the query"
        wait = self._wait(scope)
        if wait > 0:
            return 429, "too many requests", "wait a moment", [(b"retry-after", str(int(wait) + 1).encode())]
        return None

    async def _look(self) -> None:
        """Look for newer data beside the event loop. This request waits for it a moment only; it may begin with the older data."""
        if self.site.is_due:
            await asyncio.wait({asyncio.ensure_future(asyncio.to_thread(self.site.refresh))}, timeout=_LOOK_S)

    async def _job(self, key: tuple[str, ...], inner: Scope, receive: Receive, opened: OpenGeneration) -> Kept | Other | None:
        """The answer as a job of its lane; None if the client has left."""
        path, kind = key[1], key[4]
        lane = self.lanes.lane(path)
        if self._jobs is None or self._jobs.loop is not asyncio.get_running_loop():
            self._jobs = Jobs(self.settings)

        async def work() -> Kept | Other:
            begin = time.monotonic()
            self.site.pin(opened, SHORT if lane == PLAIN else lane)
            found = await self._ask(inner)
            self.lanes.took(path, time.monotonic() - begin)
            if isinstance(found, Kept):
                self._keep(key, found)
            return found

        gone = asyncio.Event()
        listening = asyncio.ensure_future(_until_gone(receive, gone))
        is_page = kind == "html" and not path.startswith("/api/")
        try:
            patience = self.settings.patience_s if is_page and lane == LONG else None
            found = await self._jobs.result(key, lane, work, gone=gone, patience_s=patience)
        except (BusyError, StoppedError) as error:
            if isinstance(error, StoppedError) and error.why == LEFT:
                return None
            status, title, detail = describe(error)
            return self._reply(status, title, detail, more=retry_after(error))
        finally:
            listening.cancel()
        if isinstance(found, Place):
            return self._reply(202, *self.replies.waiting(found.ahead), more=[(b"refresh", b"%d" % REFRESH_S)])
        answer: Kept | Other = found
        return answer

    def _reply(self, status: int, title: str, detail: str, *, more: Headers = ()) -> Other:
        media, body = self.replies.reply(status, title, detail)
        return Other(status, [(b"content-type", media.encode()), *more], body)

    async def _ask(self, scope: Scope) -> Kept | Other:
        """Run the application."""
        start: Message = {}
        chunks: list[bytes] = []

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                chunks.append(message.get("body", b""))

        async def nothing() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        await self.app(scope, nothing, collect)
        body, headers = b"".join(chunks), [(k, v) for k, v in start["headers"] if k != b"content-length"]
        if start["status"] != 200:
            return Other(start["status"], headers, body)
        media = dict(headers).get(b"content-type", b"")
        packed = None
        if len(body) > 1000 and media.startswith((b"text/", b"application/json", b"image/svg")):
            packed = await asyncio.to_thread(gzip.compress, body, 6, mtime=0) if len(body) > _LARGE else gzip.compress(body, 6, mtime=0)
        etag = b'"' + hashlib.sha256(body).hexdigest()[:24].encode() + b'"'
        return Kept(headers, body, packed, etag)

    def _keep(self, key: tuple[str, ...], kept: Kept) -> None:
        if kept.size < self.settings.cache_bytes // 8:
            old = self._kept.pop(key, None)
            self._size += kept.size - (old.size if old else 0)
            self._kept[key] = kept
            while self._size > self.settings.cache_bytes:
                _, gone = self._kept.popitem(last=False)
                self._size -= gone.size

    def _wait(self, scope: Scope) -> float:
        """Seconds that this client has to wait: a token bucket for each address, the last 10,000 of them."""
        rate = self.settings.rate_per_s
        if rate <= 0:
            return 0.0
        client, now = _client(scope), time.monotonic()
        tokens, then = self._buckets.pop(client, (float(self.settings.burst), now))
        tokens = min(float(self.settings.burst), tokens + (now - then) * rate)
        allowed = tokens >= 1
        self._buckets[client] = (tokens - 1 if allowed else tokens, now)
        while len(self._buckets) > 10_000:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) / rate


def _takes_gzip(accepted: bytes) -> bool:
    """Whether an Accept-Encoding header allows gzip (RFC 9110, 12.5.3): by name or by ``*``, and not with the weight 0."""
    weights: dict[str, float] = {}
    for part in accepted.decode("latin-1").lower().split(","):
        name, *parameters = (p.strip() for p in part.split(";"))
        weight = next((p[2:].strip() for p in parameters if p.startswith("q=")), "1")
        try:
            weights[name] = float(weight)
        except ValueError:
            weights[name] = 0.0
    return max(weights.get("gzip", 0.0), weights.get("x-gzip", 0.0)) > 0 or (weights.get("*", 0.0) > 0 and "gzip" not in weights)


def _client(scope: Scope) -> str:
    """Whom the rate is counted for: an address, or the 64 bits that one household has of IPv6."""
    text = str((scope.get("client") or ("local", 0))[0])
    return ":".join(text.split(":")[:4]) if text.count(":") > 4 else text


async def _until_gone(receive: Receive, gone: asyncio.Event) -> None:
    """Set ``gone`` when the client hangs up. A body is not read."""
    for _ in range(_MESSAGES):
        message = await receive()
        if message["type"] == "http.disconnect":
            gone.set()
            return


async def _answer(kept: Kept | Other, scope: Scope, send: Send) -> None:
    if isinstance(kept, Other):
        head = [(b"content-length", b"%d" % len(kept.body)), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": kept.status, "headers": [*kept.headers, *HEADERS, *head]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else kept.body})
        return
    wanted = {k: v for k, v in scope["headers"] if k in (b"if-none-match", b"accept-encoding")}
    own = {k for k, _ in kept.headers}  # a page made for a frame brings its own policy
    headers = [*kept.headers, *(h for h in HEADERS if h[0] not in own), (b"etag", kept.etag), (b"vary", b"accept-encoding")]
    if b"cache-control" not in dict(kept.headers):
        headers.append((b"cache-control", b"public, max-age=60"))
    tags = [t.strip().removeprefix(b"W/") for t in wanted.get(b"if-none-match", b"").split(b",")]
    if kept.etag in tags or b"*" in tags:
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    body = kept.body
    if kept.packed is not None and _takes_gzip(wanted.get(b"accept-encoding", b"")):
        body = kept.packed
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _problem(send: Send, status: int, title: str, detail: str, more: Headers = ()) -> None:
    body = problem_bytes(status, title, detail)
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body)), *HEADERS, *more]
    headers.append((b"cache-control", b"no-store"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
