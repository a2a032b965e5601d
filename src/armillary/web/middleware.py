"""What happens around every page: language and format from the path, cache and ETag, rate limit, security headers. Plain ASGI."""

from __future__ import annotations

import gzip
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from armillary.web.current import Current, set_current, split_path
from armillary.web.problems import problem_bytes
from armillary.web.settings import Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

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


class Around:
    """Wraps the application. Only successful answers to GET are remembered, whole, under path, query, language, format and data version."""

    def __init__(self, app: App, *, settings: Settings, version: Callable[[], str]) -> None:
        self.app, self.settings, self.version = app, settings, version
        self._kept: OrderedDict[tuple[str, ...], Kept] = OrderedDict()
        self._size = 0
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        full, query, method = scope["path"], scope.get("query_string", b"").decode("latin-1"), scope["method"]
        if method not in ("GET", "HEAD"):
            await _problem(send, 405, "read only", "this site answers GET and HEAD", [(b"allow", b"GET, HEAD")])
            return
        if len(query) > 2000 or len(full) > 500:
            await _problem(send, 414, "address too long", "shorten the query")
            return
        wait = self._wait(scope)
        if wait > 0:
            await _problem(send, 429, "too many requests", "wait a moment", [(b"retry-after", str(int(wait) + 1).encode())])
            return
        if full.startswith(("/static/", "/api/")):
            path, language, kind = full, "en", "html"
        else:
            path, language, kind = split_path(full)
        set_current(Current(path, query, language, kind, scope.get("armillary.plan")))
        key = (self.version(), path, query, language, kind)
        # while publishing, the links of a page depend on what else is published, so nothing is taken from the cache
        kept = None if scope.get("armillary.plan") is not None else self._kept.get(key)
        if kept is None:
            kept = await self._ask({**scope, "path": path, "raw_path": path.encode(), "method": "GET"}, receive, send, key)
        if kept is not None:
            await _answer(kept, scope, send)

    async def _ask(self, scope: Scope, receive: Receive, send: Send, key: tuple[str, ...]) -> Kept | None:
        """Run the application. A successful answer comes back to be kept; any other goes straight out."""
        start: Message = {}
        chunks: list[bytes] = []

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                chunks.append(message.get("body", b""))

        await self.app(scope, receive, collect)
        body, headers = b"".join(chunks), [(k, v) for k, v in start["headers"] if k != b"content-length"]
        if start["status"] != 200:
            await send(
                {
                    "type": "http.response.start",
                    "status": start["status"],
                    "headers": [*headers, *HEADERS, (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")],
                }
            )
            await send({"type": "http.response.body", "body": body})
            return None
        media = dict(headers).get(b"content-type", b"")
        packed = (
            gzip.compress(body, 6, mtime=0)
            if len(body) > 1000 and media.startswith((b"text/", b"application/json", b"image/svg"))
            else None
        )
        etag = b'"' + hashlib.sha256(body).hexdigest()[:24].encode() + b'"'
        kept = Kept(headers, body, packed, etag)
        if kept.size < self.settings.cache_bytes // 8:
            old = self._kept.pop(key, None)
            self._size += kept.size - (old.size if old else 0)
            self._kept[key] = kept
            while self._size > self.settings.cache_bytes:
                _, gone = self._kept.popitem(last=False)
                self._size -= gone.size
        return kept

    def _wait(self, scope: Scope) -> float:
        """Seconds that this client has to wait: a token bucket for each address, the last 10,000 of them."""
        rate = self.settings.rate_per_s
        if rate <= 0:
            return 0.0
        client, now = (scope.get("client") or ("local", 0))[0], time.monotonic()
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


async def _answer(kept: Kept, scope: Scope, send: Send) -> None:
    wanted = {k: v for k, v in scope["headers"] if k in (b"if-none-match", b"accept-encoding")}
    headers = [*kept.headers, *HEADERS, (b"etag", kept.etag), (b"vary", b"accept-encoding")]
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


async def _problem(send: Send, status: int, title: str, detail: str, more: list[tuple[bytes, bytes]] | None = None) -> None:
    body = problem_bytes(status, title, detail)
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode()), *HEADERS, *(more or [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
