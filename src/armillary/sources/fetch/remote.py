"""Where files come from: HTTPS (httpx) or an S3 bucket without a signature (obstore), behind one small interface."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlsplit

from armillary.errors import FetchError, MissingExtraError, NotThere
from armillary.sources.fetch.faults import Policy, Refused, Transient
from armillary.sources.fetch.http import check_status, checked_base, client, faults_of_http

if TYPE_CHECKING:
    import httpx

_CHUNK = 2**18


@dataclass(frozen=True)
class Body:
    """What a server sends: bytes from ``start`` on, of ``total`` (None if it does not say), of the version ``tag``."""

    start: int
    total: int | None
    tag: str | None
    chunks: Iterator[bytes]


@dataclass(frozen=True)
class About:
    """Bytes of a file and its version; None for what the server does not say."""

    size: int | None
    tag: str | None


class Remote(Protocol):
    """A place with files. ``path`` is relative to its base, or a full address."""

    def where(self, path: str) -> str:
        """The full address, for messages."""
        ...

    def open(self, path: str, start: int = 0, tag: str | None = None) -> AbstractContextManager[Body]:
        """Read from byte ``start`` on if the file is still of version ``tag``, else from the beginning.

        :class:`Transient` for what may pass, :class:`FetchError` for good (:class:`NotThere` if there is no such file).
        """
        ...

    def piece(self, path: str, start: int, stop: int | None, tag: str | None) -> AbstractContextManager[Body]:
        """Read bytes ``start`` to ``stop`` (not included; None: to the end) of the version ``tag`` and of no other.

        A server that knows no ranges sends all: ``Body.start`` is then 0. An error (:func:`changed`) if the file is of another version.
        """
        ...

    def size(self, path: str) -> int | None:
        """Bytes of a file, without reading it; None if the server does not say."""
        ...

    def about(self, path: str) -> About:
        """Length and version of a file, without reading it."""
        ...

    def names(self, folder: str) -> list[str] | None:
        """Paths of all files below ``folder``; None if such a source cannot list them."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


def changed(where: str) -> FetchError:
    """The error for a file that is of another version than the one whose reading was begun."""
    return FetchError("the file changed at the source while it was read", where=where, fix="run the same command again")


class Https:
    """Files under an HTTPS (or, for mirrors and tests, HTTP) address."""

    def __init__(self, base: str, policy: Policy) -> None:
        if base:
            checked_base(base)
        self.base = base.rstrip("/") + "/" if base else ""
        self._policy = policy
        self._client = client(policy)

    def where(self, path: str) -> str:
        """The full address."""
        return path if "://" in path else self.base + quote(path, safe="/=.-_~")

    @contextmanager
    def open(self, path: str, start: int = 0, tag: str | None = None) -> Iterator[Body]:
        """See :class:`Remote`."""
        headers = {}
        if start:
            headers["Range"] = f"bytes={start}-"
            if tag:
                headers["If-Range"] = tag
        where = self.where(path)
        with faults_of_http(self._policy), self._client.stream("GET", where, headers=headers) as response:
            if response.status_code == 416:  # nothing after ``start``: the file became shorter
                raise Restart("the file changed at the source")
            check_status(response, where)
            length = response.headers.get("Content-Length")
            total = int(length) if length and length.isdigit() else None
            first = 0
            if response.status_code == 206:
                first, total = _content_range(response.headers.get("Content-Range", ""))
                if first != start:
                    raise Restart("the server sent another range than asked for")
            yield Body(first, total, _version(response), response.iter_raw())  # with a size it would keep back what came before a cut

    @contextmanager
    def piece(self, path: str, start: int, stop: int | None, tag: str | None) -> Iterator[Body]:
        """See :class:`Remote`."""
        headers = {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"}
        if tag:
            headers["If-Match" if tag.startswith('"') else "If-Unmodified-Since"] = tag
        where = self.where(path)
        with faults_of_http(self._policy), self._client.stream("GET", where, headers=headers) as response:
            if response.status_code in (412, 416):
                raise changed(where)
            check_status(response, where)
            length = response.headers.get("Content-Length")
            first, total = 0, int(length) if length and length.isdigit() else None
            if response.status_code == 206:
                first, total = _content_range(response.headers.get("Content-Range", ""))
                if first != start:
                    raise Transient("the server sent another range than asked for")
            found = _version(response)
            if tag and found and found != tag:  # not every server knows the conditions above
                raise changed(where)
            yield Body(first, total, found, response.iter_raw())

    def size(self, path: str) -> int | None:
        """See :class:`Remote`."""
        return self._ask(path, self._head).size

    def about(self, path: str) -> About:
        """See :class:`Remote`."""
        found = self._ask(path, self._head)
        return found if found != About(None, None) else self._ask(path, self._begun)

    def _ask(self, path: str, ask: Callable[[str], About]) -> About:
        return self._policy.run(lambda: ask(path), self.where(path))

    def _head(self, path: str) -> About:
        where = self.where(path)
        with faults_of_http(self._policy):
            response = self._client.head(where)
            if response.status_code in (403, 405, 501):  # servers that know no HEAD
                return About(None, None)
            check_status(response, where)
            length = response.headers.get("Content-Length")
            return About(int(length) if length and length.isdigit() else None, _version(response))

    def _begun(self, path: str) -> About:
        with self.open(path) as body:
            return About(body.total, body.tag)

    def names(self, folder: str) -> list[str] | None:
        """None: HTTP has no listing."""
        return None

    def close(self) -> None:
        """See :class:`Remote`."""
        self._client.close()


class Restart(Transient):
    """What is here so far cannot be continued: drop it and begin anew."""


class S3:
    """Files in a public bucket, read without a signature through obstore (``s3://bucket/prefix``)."""

    def __init__(self, base: str, policy: Policy, *, region: str = "us-east-1", store: Any = None) -> None:
        """``store``: any object store of obstore in place of the bucket."""
        try:
            import obstore
            from obstore import exceptions
            from obstore.store import S3Store
        except ImportError:
            raise MissingExtraError("fetch", "reading s3:// addresses") from None
        parts = urlsplit(base)
        self.base = base.rstrip("/") + "/"
        self._prefix = parts.path.strip("/")
        self._obstore, self._faults, self._policy = obstore, exceptions, policy
        # another endpoint (MinIO, a mirror) comes from AWS_ENDPOINT_URL; its permission to be plain HTTP is lost when options are given
        options: Any = {"timeout": f"{policy.timeout:g}s", "allow_http": os.environ.get("AWS_ALLOW_HTTP", "").lower() == "true"}
        self._store = store or S3Store(
            parts.netloc,
            region=region,
            skip_signature=True,
            client_options=options,
            retry_config={"max_retries": 0},  # the policy repeats, counts and waits, here as over HTTPS
        )

    def where(self, path: str) -> str:
        """The full address."""
        return self.base + path

    @contextmanager
    def open(self, path: str, start: int = 0, tag: str | None = None) -> Iterator[Body]:
        """See :class:`Remote`."""
        options: Any = {"range": {"offset": start}} if start else {}
        if start and tag:
            options["if_match"] = tag
        with self._translated(path):
            got = self._obstore.get(self._store, self._key(path), options=options)
            chunks = (bytes(chunk) for chunk in got.stream(min_chunk_size=_CHUNK))
            yield Body(got.range[0], got.meta["size"], got.meta.get("e_tag"), chunks)

    @contextmanager
    def piece(self, path: str, start: int, stop: int | None, tag: str | None) -> Iterator[Body]:
        """See :class:`Remote`."""
        options: Any = {"range": {"offset": start} if stop is None else (start, stop)}
        if tag:
            options["if_match"] = tag
        try:
            with self._translated(path):
                got = self._obstore.get(self._store, self._key(path), options=options)
                chunks = (bytes(chunk) for chunk in got.stream(min_chunk_size=_CHUNK))
                yield Body(got.range[0], got.meta["size"], got.meta.get("e_tag"), chunks)
        except Restart:
            raise changed(self.where(path)) from None

    def size(self, path: str) -> int | None:
        """See :class:`Remote`."""
        return self.about(path).size

    def about(self, path: str) -> About:
        """See :class:`Remote`."""

        def ask() -> About:
            with self._translated(path):
                found = self._obstore.head(self._store, self._key(path))
                return About(int(found["size"]), found.get("e_tag"))

        return self._policy.run(ask, self.where(path))

    def names(self, folder: str) -> list[str] | None:
        """See :class:`Remote`."""

        def ask() -> list[str]:
            with self._translated(folder):
                found = [str(f["path"]) for page in self._obstore.list(self._store, self._key(folder)) for f in page]
                return sorted(name.removeprefix(self._prefix).lstrip("/") for name in found)

        return self._policy.run(ask, self.where(folder))

    def close(self) -> None:
        """Nothing to let go of: obstore closes idle connections itself."""

    def _key(self, path: str) -> str:
        return f"{self._prefix}/{path}" if self._prefix else path

    @contextmanager
    def _translated(self, path: str) -> Iterator[None]:
        try:
            yield
        except (self._faults.NotFoundError, FileNotFoundError):
            raise NotThere("no such file at the source", where=self.where(path), fix="check the address") from None
        except self._faults.PreconditionError:
            raise Restart("the file changed at the source") from None
        except self._faults.PermissionDeniedError:
            raise Refused("the bucket refused", 403, where=self.where(path), fix="only public buckets can be read") from None
        except self._faults.BaseError as error:
            raise Transient(f"the bucket did not answer ({type(error).__name__})") from None


def remote(base: str, policy: Policy) -> Remote:
    """The remote for an address: ``https://``, ``http://`` or ``s3://``."""
    return S3(base, policy) if base.startswith("s3://") else Https(base, policy)


def _version(response: httpx.Response) -> str | None:
    """What names the version of a file: a strong ETag, else the time of its last change."""
    etag: str | None = response.headers.get("ETag")
    return etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified")


def _content_range(text: str) -> tuple[int, int | None]:
    """First byte and total of ``bytes 5-9/10``."""
    try:
        span, _, total = text.removeprefix("bytes ").partition("/")
        return int(span.split("-")[0]), None if total == "*" else int(total)
    except ValueError:
        raise Restart("the server's range cannot be understood") from None
