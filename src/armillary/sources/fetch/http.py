"""HTTP: a client that keeps the key to itself, answers of bounded size, and refusals in the server's own words."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from armillary.errors import FetchError, MissingExtraError, NotThere, UsageError
from armillary.sources.fetch.faults import LATER, Policy, Refused, Transient, retry_after
from armillary.sources.fetch.words import Meaning, meaning, said_in

if TYPE_CHECKING:
    import httpx

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_MOST_WORDS = 20_000


class Secret(str):
    """A key; whoever prints the variables of a program (a debugger, a traceback with locals) sees stars."""

    def __repr__(self) -> str:
        return "'***'"


@dataclass(frozen=True)
class Home:
    """Where an address leads."""

    scheme: str
    hostname: str
    port: int | None


def checked_base(text: str) -> Home:
    """Scheme, host and port of an address; :class:`UsageError` if it is none."""
    import httpx

    try:
        parts = httpx.URL(text) if "://" in text else None
    except httpx.InvalidURL:
        parts = None
    if parts is None or parts.scheme not in ("http", "https") or not parts.host:
        raise UsageError(f"'{text}' is not an address", fix="give one that begins with https:// or s3://")
    return Home(parts.scheme, parts.host, parts.port)


def client(policy: Policy, *, key: str | None = None, base: str = "", packed: bool = False) -> httpx.Client:
    """An HTTP client; ``packed``: answers may come compressed (:func:`body`). ``key`` goes to the host of ``base`` only, as ``api_key``.

    It is added below the layer that logs requests and builds exceptions, so no log line or message of httpx can hold it.
    """
    try:
        import httpx
    except ImportError:
        raise MissingExtraError("fetch", "fetching over the network") from None
    from armillary.version import __version__

    home = checked_base(base) if base else None
    if key and home is not None and home.scheme != "https" and home.hostname not in _LOOPBACK:
        raise UsageError("a key is never sent unencrypted", where=base, fix="use an https address")

    class WithKey(httpx.BaseTransport):
        def __init__(self, inner: httpx.BaseTransport) -> None:
            self._inner = inner

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            url = request.url
            if key and home is not None and (url.scheme, url.host, url.port) == (home.scheme, home.hostname, home.port):
                url = url.copy_merge_params({"api_key": key})
                request = httpx.Request(request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions)
            return self._inner.handle_request(request)

        def close(self) -> None:
            self._inner.close()

    made = httpx.Client(
        timeout=httpx.Timeout(policy.timeout, connect=min(policy.timeout, 20.0)),
        follow_redirects=True,
        headers={"User-Agent": f"armillary/{__version__}", "Accept-Encoding": "gzip" if packed else "identity"},
    )
    if not key:
        return made
    # wrapped after httpx has set up the proxies of the environment, for which it has no public door
    made._transport = WithKey(made._transport)
    made._mounts = {pattern: None if inner is None else WithKey(inner) for pattern, inner in made._mounts.items()}
    return made


@contextmanager
def faults_of_http(policy: Policy) -> Iterator[None]:
    """Turn httpx's exceptions inside the block into :class:`Transient` ones; their text, which can hold addresses, is left behind."""
    import httpx

    try:
        yield
    except httpx.TimeoutException:
        raise Transient(f"no answer within {policy.timeout:g} seconds") from None
    except httpx.ConnectError:
        raise Transient("no connection to the server") from None
    except (httpx.TransportError, httpx.DecodingError):
        raise Transient("the connection was cut") from None
    except (httpx.InvalidURL, httpx.TooManyRedirects) as error:
        raise FetchError(f"unusable address ({type(error).__name__})") from None


def check_status(
    response: httpx.Response, where: str, *, secret: str | None = None, fix: str | None = None, is_used_up: bool = False, renewed: str = ""
) -> None:
    """Nothing for 2xx; :class:`Transient` for what may pass; :class:`FetchError` with the server's own words for what will not.

    429 with ``Retry-After`` passes. Without it, its words decide: a plan that is needed never comes by waiting, a budget (``is_used_up``:
    other headers say that it is gone; ``renewed``: when it comes again) not today.
    """
    code = response.status_code
    if 200 <= code < 300:
        return
    said = _words(response, secret)
    tail = f": {said}" if said else ""
    wait = retry_after(response.headers.get("Retry-After"))
    if code == 429:
        if wait is not None:
            raise Transient(f"too many requests (HTTP 429){tail}", wait)
        means = meaning(said)
        if is_used_up and means in (Meaning.RATE, Meaning.UNCLEAR):
            means = Meaning.BUDGET
        if means is Meaning.BUDGET:
            raise Refused(f"refused with HTTP 429{tail}", code, where=where, fix=f"when the allowance is renewed{renewed}, {LATER}")
        if means is Meaning.PLAN:
            fix_plan = "waiting does not mend this: leave out what needs another plan, or use a key that has it"
            raise Refused(f"refused with HTTP 429{tail}", code, where=where, fix=fix_plan)
        raise Transient(f"too many requests (HTTP 429){tail}", attempts=2 if means is Meaning.UNCLEAR else None)
    if code >= 500 or code in (408, 425):
        raise Transient(f"the server failed (HTTP {code}){tail}", wait)
    if code in (404, 410):
        raise NotThere(f"no such file at the source (HTTP {code}){tail}", where=where, fix=fix or "check the address")
    raise Refused(f"refused with HTTP {code}{tail}", code, where=where, fix=fix)


def body(response: httpx.Response, most: int) -> tuple[bytes, int]:
    """A streamed answer, unpacked, and the bytes that came for it; :class:`FetchError` for one that unpacks to more than ``most`` bytes.

    Unpacked here piece by piece with a limit, because a small packed answer can stand for one that fills the memory.
    """
    held, size, came = [], 0, 0
    for piece, n in _pieces(response):
        held.append(piece)
        size += len(piece)
        came += n
        if size > most:
            where = str(response.url.copy_with(query=None))
            raise FetchError(f"the answer never ends (more than {most:,} bytes)", where=where, fix="ask for fewer records a page")
    return b"".join(held), came


def _pieces(response: httpx.Response) -> Iterator[tuple[bytes, int]]:
    """``(piece of the unpacked answer, bytes that came for it)``."""
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip"):
        where = str(response.url.copy_with(query=None))
        raise FetchError(f"the answer is packed in a way that was not asked for ({packing[:40]})", where=where, fix="use another --base")
    unpack = zlib.decompressobj(wbits=31) if "gzip" in packing else None
    came = 0
    for chunk in response.iter_raw():
        came += len(chunk)
        n = len(chunk)
        for piece in (chunk,) if unpack is None else _unpacked(unpack, chunk):
            yield piece, n
            n = 0
        if n:
            yield b"", n
    if unpack is not None and came and not unpack.eof:
        raise Transient("the packed answer was cut")


def _unpacked(unpack: Any, chunk: bytes) -> Iterator[bytes]:
    """What a piece of a gzip stream stands for, a mebibyte at a time."""
    while not unpack.eof:
        try:
            piece = unpack.decompress(chunk, 2**20)
        except zlib.error:
            raise Transient("the packed answer is damaged") from None
        if piece:
            yield piece
        chunk = unpack.unconsumed_tail
        if not chunk and len(piece) < 2**20:
            return


def _words(response: httpx.Response, secret: str | None) -> str:
    """What the body of a refusal says; the beginning of it, if it is long or its end does not come."""
    import httpx

    held = bytearray(response.content if response.is_closed and response.is_stream_consumed else b"")
    try:
        for piece, _ in () if response.is_closed else _pieces(response):
            held += piece
            if len(held) > _MOST_WORDS:
                break
    except (FetchError, Transient, httpx.HTTPError):
        pass  # what came of it will do
    return said_in(bytes(held[:_MOST_WORDS]), secret)
