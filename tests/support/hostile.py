"""Files that nobody should send: deep, huge, cut, flipped, of the wrong kind. The same for every reader."""

from __future__ import annotations

import gzip
import io
import os
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

Maker = Callable[[], bytes]


def _zip(names: dict[str, bytes], change: Callable[[bytearray], None] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in names.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    raw = bytearray(out.getvalue())
    if change:
        change(raw)
    return bytes(raw)


def _flag(offset_local: int, offset_central: int, value: int) -> Callable[[bytearray], None]:
    def change(raw: bytearray) -> None:
        for mark, offset in ((b"PK\x03\x04", offset_local), (b"PK\x01\x02", offset_central)):
            at = raw.find(mark)
            struct.pack_into("<H", raw, at + offset, value)

    return change


def _flipped(data: bytes, at: int) -> bytes:
    raw = bytearray(data)
    raw[at] ^= 0x10
    return bytes(raw)


def _parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": list(range(1000)), "b": [f"x{i}" for i in range(1000)]}), out)
    return out.getvalue()


def _bomb(n: int) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as file:
        for _ in range(n >> 20):
            file.write(b"0" * 2**20)
    return out.getvalue()


_LAUGHS = "<!DOCTYPE a [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 12)) + "]><a>&a11;</a>"
_WRONG_TABLES = b"""entry = 3
region = 1
claim = [1, 'x']
articles = 4
recipe = 'x'
filters = 1
indicator = []
[scope]
filters = [[1], 2]
"""
_WRONG_KEYS = b"""[recipe]
indicator = ['share']
unit = 3
[[entry]]
child = []
weight = [1]
[[region]]
id = 'x'
name = 'y'
countries = [1, {}]
[[claim]]
id = {}
"""

MAKERS: dict[str, Maker] = {
    "empty": lambda: b"",
    "one NUL": lambda: b"\0",
    "noise": lambda: random.Random(1).randbytes(5000),
    "latin-1": lambda: "name,value\ncafé,1\n".encode("latin-1"),
    "utf-16": lambda: "name,value\nx,1\n".encode("utf-16"),
    "only a mark": lambda: b"\xef\xbb\xbf",
    "deep JSON": lambda: b"[" * 100_000 + b"]" * 100_000,
    "deep objects": lambda: b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "many digits": lambda: b'{"a": ' + b"1" * 100_000 + b"}",
    "tiny number": lambda: b"a = 1e-99999999\n",
    "no number": lambda: b'{"a": NaN, "b": Infinity, "c": 1e999}',
    "long value": lambda: b'{"a": "' + b"x" * (2**24 + 10) + b'"}',
    "no line end": lambda: b"a" * (2**24 + 10),
    "surrogate": lambda: b'{"id": "\\ud800"}\n',
    "dotted TOML": lambda: b"a." * 200_000 + b"a = 1\n",
    "deep TOML": lambda: b"a = " + b"[" * 50_000 + b"]" * 50_000 + b"\n",
    "open quote": lambda: b'a,b\n"1,2\n3,4\n',
    "wide CSV": lambda: ",".join(f"c{i}" for i in range(20_000)).encode() + b"\n",
    "ragged CSV": lambda: b"a,b\n1\n1,2,3\n",
    "twice the same": lambda: b'{"a": 1, "a": 2}\n',
    "wrong types": lambda: b'{"id": [], "name": {"x": 1}, "names": 3, "works": "no", "results": {"a": null}}\n',
    "wrong tables": lambda: _WRONG_TABLES,
    "wrong keys": lambda: _WRONG_KEYS,
    "a list": lambda: b"[1, null, true, [], {}]\n",
    "null": lambda: b"null\n",
    "cut gzip": lambda: gzip.compress(random.Random(2).randbytes(5000))[:3000],
    "flipped gzip": lambda: _flipped(gzip.compress(b"a,b\n" + b"1,2\n" * 1000), 25),
    "wrong checksum": lambda: _flipped(gzip.compress(b"a,b\n1,2\n"), -7),
    "gzip bomb": lambda: _bomb(2**27),
    "gzip in gzip": lambda: gzip.compress(gzip.compress(b"{}")),
    "encrypted zip": lambda: _zip({"a.csv": b"a,b\n"}, _flag(6, 8, 1)),
    "unknown method": lambda: _zip({"a.csv": b"a,b\n"}, _flag(8, 10, 99)),
    "many members": lambda: _zip({f"{i}.csv": b"" for i in range(11_000)}),
    "escaping names": lambda: _zip({"../../a\n.csv": b"a,b\n"}),
    "zip bomb": lambda: _zip({"a.csv": bytes(2**27)}),
    "cut zip": lambda: _zip({"a.csv": b"a,b\n" * 1000})[:-30],
    "cut Parquet": lambda: _parquet()[:-50],
    "flipped footer": lambda: _flipped(_parquet(), -60),
    "flipped page": lambda: _flipped(_parquet(), 400),
    "laughing XML": lambda: _LAUGHS.encode(),
    "hidden laughs": lambda: b"<!--" + b" " * 2**20 + b"-->" + _LAUGHS.encode(),
    "open tag": lambda: b"<a b='" + b"x" * (2**23),
    "deep XML": lambda: b"<a>" * 50_000 + b"</a>" * 50_000,
    "a workbook that is none": lambda: _zip({"[Content_Types].xml": _LAUGHS.encode(), "xl/workbook.xml": b"<a>"}),
}


def make_all(folder: Path, ending: str = "", names: list[str] | None = None) -> dict[str, Path]:
    """All files below ``folder`` (or those named), by what they are; also a folder, a pipe, links in a loop, a device, a name of two
    lines."""
    out = {}
    for number, (name, maker) in enumerate(MAKERS.items()):
        if names is not None and name not in names:
            continue
        out[name] = folder / f"h{number}{ending}"
        out[name].write_bytes(maker())
    out["a folder"] = folder / f"folder{ending}"
    out["a folder"].mkdir()
    out["a pipe"] = folder / f"pipe{ending}"
    os.mkfifo(out["a pipe"])
    out["a loop"] = folder / f"loop{ending}"
    out["a loop"].symlink_to(out["a loop"])
    out["a device"] = folder / f"device{ending}"
    out["a device"].symlink_to("/dev/zero")
    out["two lines"] = folder / f"two\nlines\x1b[31m{ending}"
    out["two lines"].write_bytes(b"\x01\x02")
    return {n: p for n, p in out.items() if names is None or n in names}


@dataclass
class Peak:
    """Bytes that a block took at most beyond what was there before."""

    bytes_n: int = 0


@contextmanager
def peak() -> Iterator[Peak]:
    """Measure with the system's own high-water mark, set back at the start."""
    found = Peak()
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    yield found
    found.bytes_n = _status("VmHWM") - before


def _status(name: str) -> int:
    return int(Path("/proc/self/status").read_text().split(f"{name}:")[1].split()[0]) * 1024
