"""A loopback server of files and API pages that fails on demand; it listens on 127.0.0.1 only."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

LAYOUTS = {"old": "/data/works", "combined": "/data/jsonl/works", "entity": "/data/jsonl/works", "table": "/data/jsonl/works"}
"""Shapes of manifests, and where the files are."""


class Refusal(Exception):
    def __init__(self, status: int, error: str, text: str) -> None:
        self.status, self.error, self.text = status, error, text


def _ids(values: Any) -> list[str]:
    return [str(v).rsplit("/", 1)[-1] for v in values if v]


def _institutions(work: dict[str, Any]) -> list[str]:
    return _ids(i.get("id") for a in work.get("authorships") or () for i in a.get("institutions") or ())


def _countries(work: dict[str, Any]) -> list[str]:
    return [c for a in work.get("authorships") or () for c in a.get("countries") or ()]


def _flag(work: dict[str, Any], name: str) -> list[str]:
    return [str(bool((work.get("citation_normalized_percentile") or {}).get(name))).lower()]


ATTRIBUTES: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "publication_year": lambda w: [str(w.get("publication_year"))],
    "ids.openalex": lambda w: _ids([w["id"]]),
    "type": lambda w: [w["type"]] if w.get("type") else [],
    "doi": lambda w: [w["doi"]] if w.get("doi") else [],
    "authorships.countries": _countries,
    "authorships.institutions.id": _institutions,
    "corresponding_institution_ids": lambda w: _ids(w.get("corresponding_institution_ids") or ()),
    "countries_distinct_count": lambda w: [str(len(set(_countries(w))))],
    "primary_topic.field.id": lambda w: _ids([((w.get("primary_topic") or {}).get("field") or {}).get("id")]),
    "primary_topic.id": lambda w: _ids([(w.get("primary_topic") or {}).get("id")]),
    "sustainable_development_goals.id": lambda w: _ids(g.get("id") for g in w.get("sustainable_development_goals") or ()),
    "open_access.oa_status": lambda w: [(w.get("open_access") or {}).get("oa_status") or "closed"],
    "open_access.is_oa": lambda w: [str(bool((w.get("open_access") or {}).get("is_oa"))).lower()],
    "citation_normalized_percentile.is_in_top_10_percent": lambda w: _flag(w, "is_in_top_10_percent"),
    "citation_normalized_percentile.is_in_top_1_percent": lambda w: _flag(w, "is_in_top_1_percent"),
}
PREFIX = {
    "authorships.countries": "https://openalex.org/countries/",
    "authorships.institutions.id": "https://openalex.org/",
    "primary_topic.field.id": "https://openalex.org/fields/",
    "sustainable_development_goals.id": "https://metadata.un.org/sdg/",
    "type": "https://openalex.org/types/",
}


def _is(wanted: str, have: str) -> bool:
    if wanted.startswith(">"):
        return int(have) > int(wanted[1:])
    first, dash, last = wanted.partition("-")
    if dash and first.isdigit() and last.isdigit():
        return int(first) <= int(have or 0) <= int(last)
    return wanted.casefold() == have.casefold()


class Loopback:
    """``files``: path -> bytes. ``records``: entity -> JSON lines, served as API pages. ``faults``: path -> list, one used a request.

    Lists are served as the API of 2026 does: cursors or pages by number, ``select``, ``sample``, ``sort``, ``group_by``, filters of a few
    attributes (``ATTRIBUTES``), at most 100 authors a work, packed if asked, and headers of the allowance; single records are whole.
    ``plan`` attributes need a plan. ``moves``: called before each page.

    A fault is ("status", code, headers[, body]), ("bomb",), ("pages", body) (an answer 200 with this body),
    ("cut", after_bytes), ("slow", seconds), ("short",), ("garbage",), ("change", bytes) or
    ("wrong-length", n): a whole answer of only n bytes. ``sent`` are the bodies that went out: method, path, bytes.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.records: dict[str, list[bytes]] = {}
        self.faults: dict[str, list[tuple]] = defaultdict(list)
        self.log: list[tuple[str, str, dict[str, str], dict[str, list[str]]]] = []
        self.times: list[float] = []
        self.allowance: list[int] | None = None
        self.headers: dict[str, str] = {}
        self._parsed: tuple[list[bytes], list[tuple[bytes, dict[str, Any]]]] = ([], [])
        self.needs_key = False
        self.plan: set[str] = set()
        self.moves: list[Callable[[], None]] = []
        self.loops: str | None = None
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

    def publish(self, parts: dict[str, bytes], layout: str = "combined", **more: Any) -> str:
        """Put part files and their manifest on the server, in one of the shapes that were served; returns the prefix of the files."""
        prefix = LAYOUTS[layout]
        for path in [p for p in self.files if p.startswith(prefix)]:
            del self.files[path]
        entries = []
        for name, content in parts.items():
            self.files[f"{prefix}/{name}"] = content
            meta = {"content_length": len(content), "record_count": len(gzip.decompress(content).splitlines())}
            entries.append({"url": f"s3://openalex{prefix}/{name}", "meta": meta | {k: f(content) for k, f in more.items()}})
        sums = {"record_count": sum(e["meta"]["record_count"] for e in entries), "content_length": sum(map(len, parts.values()))}
        about = {"date": "2026-06-25", "format": "jsonl"}
        works = {"entity": "works", **sums, "files": entries}
        path, content = {
            "old": ("/data/works/manifest", {"entries": entries, "meta": sums}),
            "combined": ("/data/jsonl/manifest.json", about | {"meta": sums, "entities": [works]}),
            "entity": ("/data/jsonl/works/manifest.json", about | works),
            "table": ("/data/jsonl/manifest.json", {"entities": {"works": {"entries": entries}}}),
        }[layout]
        self.files[path] = json.dumps(content).encode()
        return prefix

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
            said = f"it failed; you asked {h.path}".encode() if self.echo_query else b"it failed"
            return self._send(h, fault[1], fault[3] if len(fault) > 3 else said, fault[2])
        if fault and fault[0] == "change":
            self.files[parts.path] = fault[1]
            fault = None
        if fault and fault[0] == "slow":
            time.sleep(fault[1])
        if fault and fault[0] == "bomb":
            return self._send(h, 200, gzip.compress(bytes(2**28), 9), {"Content-Encoding": "gzip"})
        if fault and fault[0] == "pages":
            return self._send(h, 200, fault[1], {"Content-Type": "text/html"})
        pieces = parts.path.strip("/").split("/")
        entity = pieces[-1]
        if parts.path not in self.files and len(pieces) == 2 and pieces[0] in self.records:
            return self._single(h, pieces[0], pieces[1])
        if parts.path not in self.files and entity in self.records:
            if self.moves:
                self.moves.pop(0)()
            body, headers, status = b"", dict(self.headers), 200
            try:
                body = self._page(entity, {k: v[0] for k, v in query.items()})
            except Refusal as refusal:
                status, body = refusal.status, json.dumps({"error": refusal.error, "message": refusal.text}).encode()
            if self.allowance is not None:
                self.allowance[0] -= 1
                headers["X-RateLimit-Remaining"] = str(self.allowance[0])
            if fault and fault[0] == "garbage":
                body = b"<html>not a page</html>"
            if "gzip" in h.headers.get("Accept-Encoding", ""):
                body, headers = gzip.compress(body, mtime=0), headers | {"Content-Encoding": "gzip"}
            return self._send(h, status, body, headers, cut=fault[1] if fault and fault[0] == "cut" else None)
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

    def _single(self, h: BaseHTTPRequestHandler, entity: str, identifier: str) -> None:
        for record in self.records[entity]:
            if json.loads(record)["id"].endswith(f"/{identifier}"):
                return self._send(h, 200, record, {"X-RateLimit-Credits-Used": "0"} if self.headers else {})
        return self._send(h, 404, b'{"error":"404 Not Found"}', {})

    def _page(self, entity: str, query: dict[str, str]) -> bytes:
        n, place = int(query.get("per_page", 200 if "group_by" in query else 25)), query.get("cursor")
        if "group_by" in query and n != 200:
            raise Refusal(400, "Pagination error.", "Unable to adjust per-page parameter with group-by.")
        if place is not None and self.needs_key and "api_key" not in query:
            raise Refusal(401, "API key required", "Cursor paging needs a key.")
        for attribute in self.plan:
            if attribute in query.get("filter", ""):
                raise Refusal(429, "Plan upgrade required", f'The "{attribute}" filter requires a plan.')
        if len(query.get("filter", "")) > 8000:
            raise Refusal(414, "URI too long", "")
        if self._parsed[0] is not self.records[entity]:
            self._parsed = (self.records[entity], [(r, json.loads(r)) for r in self.records[entity]])
        found = list(self._parsed[1])
        for condition in filter(None, query.get("filter", "").split(",")):
            attribute, _, values = condition.partition(":")
            if attribute not in ATTRIBUTES:
                continue
            allowed = values.split("|")
            if len(allowed) > 100:
                raise Refusal(400, "Invalid query parameters error.", "Maximum number of values exceeded.")
            found = [(r, d) for r, d in found if any(_is(v, have) for v in allowed for have in ATTRIBUTES[attribute](d))]
        if "group_by" in query:
            return self._groups(found, query["group_by"], n, place or "*", place is not None)
        if "sample" in query:
            if place is not None:
                raise Refusal(400, "Invalid query parameters error.", "Sample does not work with cursor paging.")
            found = random.Random(query.get("seed")).sample(found, min(len(found), int(query["sample"])))
        if "sort" in query:
            key, _, order = query["sort"].partition(":")
            found.sort(key=lambda rd: rd[1].get(key) or 0, reverse=order == "desc")
        at = (int(query["page"]) - 1) * n if "page" in query else 0 if place == "*" else int(str(place).removeprefix("c"))
        if "page" in query and at + n > 10_000:
            raise Refusal(400, "Pagination error.", "Maximum results size of 10,000 records is exceeded.")
        following = f"c{at + n}" if at < len(found) and place is not None else None
        if self.loops is not None and following is not None:
            following = self.loops if self.loops != "new" else f"c{at}" if at % 2 else f"c{at + 1}"
        served = [self._listed(r, d, query.get("select")) for r, d in found[at : at + n]]
        meta = {"count": len(found), "per_page": n, "next_cursor": following}
        return b'{"meta":' + json.dumps(meta).encode() + b',"results":[' + b",".join(served) + b'],"group_by":[]}'

    def _listed(self, raw: bytes, record: dict[str, Any], select: str | None) -> bytes:
        if select is not None:
            record = {k: record[k] for k in select.split(",") if k in record}
        elif len(record.get("authorships") or ()) <= 100:
            return raw
        if "authorships" in record:
            record = record | {"authorships": record["authorships"][:100]}
        return json.dumps(record, ensure_ascii=False).encode()

    def _groups(self, found: list[tuple[bytes, dict[str, Any]]], attribute: str, n: int, place: str, cursor: bool) -> bytes:
        counts = Counter(key for _, d in found for key in set(ATTRIBUTES[attribute](d)))
        every = sorted(counts, key=None if cursor else lambda k: -counts[k])
        at = 0 if place == "*" else int(place.removeprefix("c"))
        groups = [{"key": PREFIX.get(attribute, "") + k, "key_display_name": f"the {k}", "count": counts[k]} for k in every[at : at + n]]
        following = f"c{at + n}" if at + n < len(every) and cursor else None
        meta = {"count": len(found), "per_page": n, "groups_count": len(groups), "next_cursor": following}
        return json.dumps({"meta": meta, "results": [], "group_by": groups}).encode()

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
