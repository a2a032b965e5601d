"""JSON and TOML: depth, digits, surrogates, doubled keys and what is no number are told, not passed on."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from armillary.core.guarded.faults import faults, said
from armillary.core.guarded.files import parse_text, read_bytes
from armillary.core.guarded.limits import beyond, limits
from armillary.core.guarded.packed import open_binary
from armillary.errors import ArmillaryError, InputError

_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")
_LINE = re.compile(r"\(at line (\d+)")
_SURROGATE = re.compile(r"\\u[dD][89abAB]")
_EXPONENT = re.compile(r"[eE]([+-]?\d+)")
_KEY = r"""(?:[A-Za-z0-9_-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_DOTTED = rf"""(?:^|[\[{{,])[ \t]*+(?:{_KEY}[ \t]*+\.[ \t]*+){{%d}}"""


def parse_json(data: bytes | str, where: str | Path, *, error: type[ArmillaryError] = InputError) -> Any:
    """A JSON document. A key given twice, ``NaN`` and ``Infinity``, half a surrogate pair and numbers beyond all use are refused."""
    text = parse_text(data, where, error=error) if isinstance(data, bytes) else data
    if len(text) <= limits().value and text.count("[") + text.count("{") > limits().depth:
        _check_depth(_STRING.sub("", text), where, error)

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        held = dict(found)
        if len(held) < len(found):
            names = [k for k, _ in found]
            raise error(f"the key '{next(k for k in held if names.count(k) > 1)[:80]}' is given twice", where=where, fix="keep one of them")
        return held

    def constant(name: str) -> Any:
        raise error(f"'{name}' is no number in JSON", where=where, fix="write null")

    with faults(where, kind="JSON document", error=error):
        number = _numbers(where, error)
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_int=number(int), parse_float=number(float))
    if len(text) > limits().value or _SURROGATE.search(text):
        _check_values(value, where, error)
    return value


def read_json(path: str | Path, *, limit: str = "document", error: type[ArmillaryError] = InputError) -> Any:
    """A file (also ``.gz``, or the one file of a ``.zip``) that is one JSON document."""
    with open_binary(path, error=error) as stream:
        data = stream.read(getattr(limits(), limit) + 1)
    if len(data) > getattr(limits(), limit):
        beyond(limit, "the document has too many bytes", path, error)
    return parse_json(data, path, error=error)


def json_lines(stream: IO[bytes], where: str | Path) -> Iterator[tuple[int, Any]]:
    """The documents of a stream of lines with the numbers of the lines (from 1); empty lines are passed over."""
    most, number = limits().value, 0
    while line := stream.readline(most + 1):
        number += 1
        if len(line) > most:
            beyond("value", f"line {number:,} has too many bytes", where)
        if line.strip():
            yield number, parse_json(line, f"{where}, line {number}")


def parse_toml(
    text: str | bytes,
    where: str | Path,
    *,
    error: type[ArmillaryError] = InputError,
    parse_float: Callable[[str], Any] = float,
) -> dict[str, Any]:
    """A TOML document; ``parse_float`` gets numbers of a bearable length only."""
    if isinstance(text, bytes):
        text = parse_text(text, where, error=error)
    if len(text) > limits().spec:
        beyond("spec", f"the file has {len(text):,} characters", where, error)
    if found := re.search(_DOTTED % (limits().depth + 1), text, re.MULTILINE):
        beyond("depth", f"line {text.count(chr(10), 0, found.end()) + 1:,}: a key has too many parts", where, error)
    try:
        value = tomllib.loads(text, parse_float=_numbers(where, error)(parse_float))
    except tomllib.TOMLDecodeError as fault:
        found = _LINE.search(str(fault))
        raise error(f"not valid TOML: {said(fault)}", where=f"{where}:{found[1]}" if found else where, fix="mend the file there") from None
    except (RecursionError, ValueError, MemoryError) as fault:
        with faults(where, kind="TOML file", error=error):
            raise fault
    _check_values(value, where, error)
    return value


def read_toml(path: str | Path, *, error: type[ArmillaryError] = InputError, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """A TOML file."""
    return parse_toml(read_bytes(path, limit="spec", error=error), path, error=error, parse_float=parse_float)


def _numbers(where: str | Path, error: type[ArmillaryError]) -> Callable[[Callable[[str], Any]], Callable[[str], Any]]:
    """Makes converters of numbers that look at the length first: ``1e-99999999`` as a fraction would take hours."""
    most = limits().digits

    def checked(convert: Callable[[str], Any]) -> Callable[[str], Any]:
        def number(text: str) -> Any:
            power = _EXPONENT.search(text)
            if len(text) > most or (power and (len(power[1]) > 9 or abs(int(power[1])) > most)):
                beyond("digits", f"the number {text[:40]} has too many digits", where, error)
            value = convert(text)
            if isinstance(value, float) and math.isinf(value) and "inf" not in text:
                raise error(f"the number {text[:40]} is too large", where=where, fix="write a smaller one")
            return value

        return number

    return checked


def _check_depth(text: str, where: str | Path, error: type[ArmillaryError]) -> None:
    depth, most = 0, limits().depth
    for bracket in _BRACKETS.finditer(text):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > most:
            beyond("depth", "the document is nested too deeply", where, error)


def _check_values(value: Any, where: str | Path, error: type[ArmillaryError]) -> None:
    """Depth, length of texts and whether they are text, without recursion."""
    most, waiting = limits(), [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if depth > most.depth:
            beyond("depth", "the document is nested too deeply", where, error)
        if isinstance(item, str):
            if len(item) > most.value:
                beyond("value", f"a text has {len(item):,} characters", where, error)
            if not item.isascii() and any("\ud800" <= c <= "\udfff" for c in item):
                raise error("a text holds half of a surrogate pair (\\ud800 to \\udfff)", where=where, fix="write the character whole")
        elif isinstance(item, dict):
            waiting += [(k, depth) for k in item]
            waiting += [(v, depth + 1) for v in item.values()]
        elif isinstance(item, list):
            waiting += [(v, depth + 1) for v in item]
        elif isinstance(item, int) and item.bit_length() > most.digits * 4:
            beyond("digits", "a number has too many digits", where, error)
