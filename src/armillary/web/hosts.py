"""The names that the site answers to. A page of a stranger may let its own name point to this machine (DNS rebinding); a browser then
sends that name, and gets nothing."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

LOCAL = ("localhost",)


def served(names: Iterable[str] = ()) -> frozenset[str]:
    """Names that are answered to besides addresses: this machine's own and those given; ``*`` among them accepts any."""
    own = {socket.gethostname().casefold(), *LOCAL}
    return frozenset({n for n in own if n} | {n.strip().rstrip(".").casefold() for n in names})


def is_served(host: bytes, names: frozenset[str]) -> bool:
    """Whether a Host header names this site: an address (no name can be rebound to it), localhost, or a name that is served."""
    text = host.decode("latin-1").strip().casefold()
    if text.startswith("["):
        name, closed, rest = text[1:].partition("]")
        if not closed or (rest and not (rest.startswith(":") and rest[1:].isdecimal())):
            return False
    else:
        name, colon, port = text.partition(":")
        if colon and not port.isdecimal():
            return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        name = name.rstrip(".")
        return "*" in names or name in names or name.endswith(".localhost")
    return True
