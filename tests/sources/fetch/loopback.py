"""A loopback server of files and API pages that fails on demand; it listens on 127.0.0.1 only."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit


class Loopback:
    """``files``: path -> bytes. ``records``: entity -> JSON lines, served as API pages. ``faults``: path -> list, one used a request.

    A fault is ("status", code, headers), ("cut", after_bytes), ("slow", seconds), ("short",), ("garbage",), ("change", bytes) or
    ("wrong-length", n): a whole answer of only n bytes. ``sent`` are the bodies that went out: method, path, bytes.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.records: dict[str, list[bytes]] = {}
        self.faults: dict[str, list[tuple]] = defaultdict(list)
        self.log: list[tuple[str, str, dict[str, str], dict[str, list[str]]]] = []
        self.times: list[float] = []
        self.allowance: list[int] | None = None
        self.echo_query = False
        self.sent: list[tuple[str, str, int]] = []
        self.ranges = True
        self.conditions = True
        self.dates = False
        self.tags = True
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: object) -> None:
                pass

            def do_HEAD(self) -> None:
                outer.answer(self)

            def do_GET(self) -> None:
                try:
                    outer.answer(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                """A client that leaves is no news."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def add_folder(self, folder: Path, prefix: str) -> None:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.files[f"{prefix}/{path.relative_to(folder).as_posix()}"] = path.read_bytes()

    def gets(self, path: str) -> list[dict[str, str]]:
        """Headers of all GET requests for a path."""
        return [headers for method, where, headers, _ in self.log if method == "GET" and where == path]

    def answer(self, h: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(h.path)
        parts = parts._replace(path=unquote(parts.path))
        query = parse_qs(parts.query)
        with self._lock:
            self.log.append((h.command, parts.path, dict(h.headers), query))
            self.times.append(time.monotonic())
            fault = self.faults[parts.path].pop(0) if self.faults[parts.path] and h.command == "GET" else None
        if "list-type" in query:
            return self._send(h, 200, self._listing(parts.path, query.get("prefix", [""])[0]), {"Content-Type": "application/xml"})
        if fault and fault[0] == "status":
            return self._send(h, fault[1], f"it failed; you asked {h.path}".encode() if self.echo_query else b"it failed", fault[2])
        if fault and fault[0] == "change":
            self.files[parts.path] = fault[1]
            fault = None
        if fault and fault[0] == "slow":
            time.sleep(fault[1])
        entity = parts.path.rsplit("/", 1)[-1]
        if parts.path not in self.files and entity in self.records:
            body, headers = self._page(entity, query), {}
            if self.allowance is not None:
                self.allowance[0] -= 1
                headers["X-RateLimit-Remaining"] = str(self.allowance[0])
            if fault and fault[0] == "garbage":
                body = b"<html>not a page</html>"
            return self._send(h, 200, body, headers, cut=fault[1] if fault and fault[0] == "cut" else None)
        if parts.path not in self.files:
            return self._send(h, 404, b"<html>not found</html>", {})
        body = self.files[parts.path]
        if fault and fault[0] == "short":
            body = body[:-7]
        if fault and fault[0] == "garbage":
            body = bytes(len(body))
        tag = '"' + hashlib.md5(body).hexdigest() + '"'
        headers, status = {"ETag": tag} if self.tags else {}, 200
        headers["Last-Modified"] = "Wed, 24 Jun 2026 00:00:00 GMT" if self.dates else ""
        headers = {k: v for k, v in headers.items() if v}
        asked = h.headers.get("Range")
        if asked and self.ranges and h.headers.get("If-Range") in (None, tag):
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, stop = int(first), min(int(last) + 1, len(body)) if last else len(body)
            if start >= len(body):
                return self._send(h, 416, b"", {"Content-Range": f"bytes */{len(body)}"})
            if self.conditions and h.headers.get("If-Match") not in (None, tag):
                return self._send(h, 412, b"", {})
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(body)}"
            body, status = body[start:stop], 206
        if fault and fault[0] == "wrong-length":
            body = body[: fault[1]]
        self._send(h, status, body, headers, cut=fault[1] if fault and fault[0] == "cut" else None)

    def _listing(self, bucket: str, prefix: str) -> bytes:
        """What S3 answers to ListObjectsV2 (path style: the bucket is the first folder)."""
        names = [p.removeprefix(f"{bucket}/") for p in sorted(self.files) if p.startswith(f"{bucket}/{prefix}")]
        rows = "".join(
            f"<Contents><Key>{n}</Key><LastModified>2026-06-24T00:00:00.000Z</LastModified><ETag>x</ETag>"
            f"<Size>{len(self.files[f'{bucket}/{n}'])}</Size></Contents>"
            for n in names
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>{len(names)}</KeyCount>{rows}</ListBucketResult>".encode()

    def _page(self, entity: str, query: dict[str, list[str]]) -> bytes:
        every, n = self.records[entity], int(query["per_page"][0])
        at = 0 if query["cursor"] == ["*"] else int(query["cursor"][0].removeprefix("c"))
        following = f"c{at + n}" if at < len(every) else None
        meta = {"count": len(every), "per_page": n, "next_cursor": following}
        return b'{"meta":' + json.dumps(meta).encode() + b',"results":[' + b",".join(every[at : at + n]) + b'],"group_by":[]}'

    def _send(self, h: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str], cut: int | None = None) -> None:
        h.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            h.send_header(name, value)
        h.end_headers()
        if h.command != "HEAD":
            body = body if cut is None else body[:cut]
            with self._lock:
                self.sent.append((h.command, unquote(urlsplit(h.path).path), len(body)))
            h.wfile.write(body)
        if cut is not None:
            h.wfile.flush()
            h.close_connection = True
