"""The guarded way in: content or one line, within bounds of time and memory."""

from __future__ import annotations

import gzip
import io
import json
import os
import time
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from armillary.core import guarded
from armillary.errors import ArmillaryError, InputError, SpecError, UnknownNameError, UsageError
from support import hostile


def read_all(path: Path) -> None:
    with guarded.open_binary(path) as stream:
        while stream.read(2**16):
            pass


def read_xml(path: Path) -> None:
    for _, node in guarded.xml_events(path):
        node.clear()


def read_lines(path: Path) -> None:
    with guarded.open_binary(path) as stream:
        for _ in guarded.json_lines(stream, path):
            pass


def read_book(path: Path) -> None:
    with guarded.workbook(path) as book, guarded.faults(path):
        for sheet in book:
            for _ in sheet.iter_rows(values_only=True):
                pass


READERS: dict[str, Callable[[Path], Any]] = {
    "bytes": read_all,
    "text": guarded.read_text,
    "json": guarded.read_json,
    "json lines": read_lines,
    "toml": guarded.read_toml,
    "csv": lambda p: list(guarded.csv_rows(p)),
    "xml": read_xml,
    "parquet": guarded.parquet_table,
    "zip": guarded.members,
    "workbook": read_book,
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return hostile.make_all(tmp_path_factory.mktemp("hostile"))


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_over_every_hostile_input(reader: str, inputs: dict[str, Path]) -> None:
    """No other exception, one line, within 10 seconds and 256 MB."""
    assert len(inputs) >= 30
    for name, path in inputs.items():
        started = time.monotonic()
        with hostile.peak() as peak:
            try:
                READERS[reader](path)
            except ArmillaryError as error:
                assert "\n" not in error.line and len(error.line) < 1500, name
                assert error.where, name
        assert time.monotonic() - started < 10, name
        assert peak.bytes_n < 256_000_000, (name, peak.bytes_n)


@pytest.mark.parametrize(
    ("name", "reader", "limit"),
    [
        ("deep JSON", "json", "depth"),
        ("many digits", "json", "digits"),
        ("long value", "text", None),
        ("dotted TOML", "toml", "depth"),
        ("wide CSV", "csv", "members"),
        ("gzip bomb", "bytes", "ratio"),
        ("zip bomb", "bytes", "ratio"),
        ("many members", "zip", "members"),
    ],
)
def test_limits_are_named_and_can_be_raised(name: str, reader: str, limit: str | None, inputs: dict[str, Path]) -> None:
    if limit is None:
        READERS[reader](inputs[name])
        return
    with pytest.raises(InputError, match=f"limit '{limit}'") as told:
        READERS[reader](inputs[name])
    assert told.value.fix is not None and f"--limit {limit}=" in told.value.fix
    if name in ("wide CSV", "many members"):
        with guarded.raised(**{limit: 10**6}):
            READERS[reader](inputs[name])


def test_what_is_sound_is_read(tmp_path: Path) -> None:
    text = '{"a": [1, 2.5, "é", null, true]}'
    for name, data in (
        ("plain.json", text.encode()),
        ("bom.json", b"\xef\xbb\xbf" + text.encode()),
        ("packed.json", gzip.compress(text.encode())),
        ("two.json.gz", gzip.compress(text[:9].encode()) + gzip.compress(text[9:].encode())),
    ):
        (tmp_path / name).write_bytes(data)
        assert guarded.read_json(tmp_path / name) == json.loads(text)
    with zipfile.ZipFile(tmp_path / "one.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/a.json", text)
    assert guarded.read_json(tmp_path / "one.zip") == json.loads(text)
    assert guarded.members(tmp_path / "one.zip") == ["folder/a.json"]
    (tmp_path / "t.csv").write_bytes(b'code;name\r\n\r\nFR;"Fr;ance"\r\n')
    assert list(guarded.csv_rows(tmp_path / "t.csv", needed=("code",), delimiter=None)) == [(3, {"code": "FR", "name": "Fr;ance"})]
    table = pa.table({"a": [1, 2], "b": ["x", None]})
    pq.write_table(table, tmp_path / "t.parquet")
    assert guarded.parquet_table(tmp_path / "t.parquet").equals(table)
    assert guarded.parquet_table(tmp_path / "t.parquet", ["b"]).column_names == ["b"]
    pq.write_table(table.slice(0, 0), tmp_path / "none.parquet")
    assert guarded.parquet_table(tmp_path / "none.parquet", ["b"]).schema.names == ["b"]
    (tmp_path / "t.xml").write_text("<a><b c='1'/></a>")
    assert [(e, n.tag) for e, n in guarded.xml_events(tmp_path / "t.xml", ("end",))] == [("end", "b"), ("end", "a")]
    assert guarded.plain_file(tmp_path / "t.csv", tmp_path) == tmp_path / "t.csv"
    unpacked = guarded.plain_file(tmp_path / "two.json.gz", tmp_path)
    assert unpacked.read_text() == text


def test_numbers_keep_their_meaning() -> None:
    found = guarded.parse_toml("a = 0.1\nb = inf\nc = -12_000", "t", parse_float=str)
    assert found == {"a": "0.1", "b": "inf", "c": -12000}
    with pytest.raises(SpecError, match="too many digits"):
        guarded.parse_toml("weight = 1e-99999999", "t", error=SpecError, parse_float=Fraction)
    with pytest.raises(InputError, match="too large"):
        guarded.parse_json("[1e399]", "t")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1, "a": 2}', "'a' is given twice"),
        ("[NaN]", "'NaN' is no number"),
        ('["\\ud800"]', "surrogate"),
        ("[1,", "line 1, column 4"),
        ("", "Expecting value"),
    ],
)
def test_what_is_wrong_with_json_is_told(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        guarded.parse_json(text, "file.json")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a,b\n1\n", "line 2 has 1 values, the header names 2"),
        (b"a,a\n1,2\n", "'a' is there twice"),
        (b'a,b\n"1,2\n', "line 2"),
        (b"a,b\n1,\xff\n", "line 2 is not UTF-8"),
        (b"a,b\n1,\0\n", "line 2 holds a NUL"),
        (b"", "no column a"),
    ],
)
def test_what_is_wrong_with_csv_is_told(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        list(guarded.csv_rows(data, "t.csv", needed=("a",)))


def test_flipped_bits_in_gzip_are_found(tmp_path: Path) -> None:
    good = gzip.compress(os.urandom(5000) + b"a" * 5000)
    for at in range(10, len(good), 97):
        bad = bytearray(good)
        bad[at] ^= 4
        (tmp_path / "x.gz").write_bytes(bad)
        with pytest.raises(InputError):
            read_all(tmp_path / "x.gz")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_in_a_zip_of_any_compression_is_one_line(tmp_path: Path, method: int) -> None:
    """Each method has a library of its own, and each library its own exceptions; what is read is what was written."""
    content = b"".join(b"line %d\n" % n for n in range(100))
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        archive.writestr("a.csv", content)
    whole, refused = (tmp_path / "a.zip").read_bytes(), 0
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x55
        (tmp_path / "b.zip").write_bytes(damaged)
        try:
            with guarded.open_binary(tmp_path / "b.zip") as stream:
                assert stream.read() == content or not damaged.startswith(b"PK\x03\x04")
        except InputError:
            refused += 1
    assert refused > 50


def test_limits_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARMILLARY_LIMITS", "")
    guarded.allowed("depth=3")
    guarded.allowed("digits=7,value=9")
    assert (guarded.limits().depth, guarded.limits().digits, guarded.limits().value) == (3, 7, 9)
    with pytest.raises(InputError, match="limit 'depth': 3"):
        guarded.parse_json("[[[[1]]]]", "t")
    for text, error in (("deep=3", UnknownNameError), ("depth=x", UsageError), ("depth=0", UsageError), ("depth", UsageError)):
        with pytest.raises(error):
            guarded.allowed(text)


def test_nothing_that_is_no_file_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name, said in (("pipe", "a pipe"), (".", "a folder"), ("loop", "cannot be read"), ("none", "no such file")):
        with pytest.raises(InputError, match=said):
            guarded.regular(tmp_path / name)
    with pytest.raises(InputError, match="cannot be the name"):
        guarded.regular("a\0b")
    with pytest.raises(InputError, match="a device"):
        guarded.read_bytes("/dev/zero")


def test_a_library_that_reads_is_covered() -> None:
    def broken(fault: BaseException) -> None:
        with guarded.faults("file.x", kind="thing"):
            raise fault

    for fault in (
        EOFError("end"),
        RecursionError(),
        KeyError("a"),
        OSError(28, "x"),
        pa.ArrowInvalid("no"),
        MemoryError(),
        io.UnsupportedOperation("no"),
    ):
        with pytest.raises(InputError, match=r"^file\.x: "):
            broken(fault)
    with pytest.raises(ZeroDivisionError):
        broken(ZeroDivisionError())


def test_messages_steer_no_terminal(tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        guarded.read_text(tmp_path / "a\nb\x1b[31m\u202egnp.exe")
    assert "\ufffd[31m\ufffdgnp.exe" in told.value.line and told.value.line.isprintable()


def test_a_table_of_text_keeps_its_zeros(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbfwork_id,note,class\nW1,x,007\nW2,,7\n")
    assert guarded.table(tmp_path / "t.csv", ("work_id", "class"), ("score",)).to_pydict() == {
        "work_id": ["W1", "W2"],
        "class": ["007", "7"],
    }
    (tmp_path / "t.csv").write_bytes(b"work_id,class\nW1\n")
    with pytest.raises(InputError, match="not a readable CSV"):
        guarded.table(tmp_path / "t.csv", ("work_id", "class"))
