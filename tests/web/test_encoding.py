"""What a client accepts is what it gets."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi")

from armillary.web.middleware import _takes_gzip


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("GZIP;q=0.5", True),
        ("br;q=1, *;q=0.1", True),
        ("*", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("gzip;q=x", False),
        ("notgzip", False),
    ],
)
def test_accept_encoding(header: str, takes: bool) -> None:
    assert _takes_gzip(header.encode()) is takes
