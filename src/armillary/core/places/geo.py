"""Geometry on the sphere and names of places: distances, unit vectors, slugs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from armillary.core.arrays import Floats

EARTH_KM = 6371.01
"""Mean radius of the earth in km (METHODS 3.4)."""


def haversine_km(lat1: npt.ArrayLike, lon1: npt.ArrayLike, lat2: npt.ArrayLike, lon2: npt.ArrayLike) -> Floats:
    """Great-circle distance in km between points in degrees; shapes broadcast; not-a-number where a coordinate is."""
    a1, o1, a2, o2 = (np.radians(np.asarray(v, dtype=np.float64)) for v in (lat1, lon1, lat2, lon2))
    h = np.sin((a2 - a1) / 2) ** 2 + np.cos(a1) * np.cos(a2) * np.sin((o2 - o1) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0))), dtype=np.float64)


def unit_vectors(lat_deg: npt.ArrayLike, lon_deg: npt.ArrayLike) -> Floats:
    """Points on the unit sphere, shape (n, 3); straight-line order equals great-circle order."""
    lat, lon = np.radians(np.asarray(lat_deg, dtype=np.float64)), np.radians(np.asarray(lon_deg, dtype=np.float64))
    c = np.cos(lat)
    return np.column_stack((c * np.cos(lon), c * np.sin(lon), np.sin(lat)))


def chord(km: float) -> float:
    """Length of the straight line, on the unit sphere, between points ``km`` apart along the great circle."""
    return float(2 * np.sin(min(km / EARTH_KM, np.pi) / 2))


def chord_to_km(length: npt.ArrayLike) -> Floats:
    """The inverse of :func:`chord`."""
    return np.asarray(2 * EARTH_KM * np.arcsin(np.clip(np.asarray(length, dtype=np.float64) / 2, 0.0, 1.0)), dtype=np.float64)


def is_point(lat_deg: Floats, lon_deg: Floats) -> npt.NDArray[np.bool_]:
    """Where both coordinates are finite, in range, and not the (0, 0) that stands for a missing point."""
    with np.errstate(invalid="ignore"):
        inside = (np.abs(lat_deg) <= 90) & (np.abs(lon_deg) <= 180)
    return np.asarray(inside & ~((lat_deg == 0) & (lon_deg == 0)), dtype=np.bool_)


def slug(name: str) -> str:
    """A name in lower case without accents and punctuation, words joined by '-'; letters of other scripts stay."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    plain = plain.replace("'", "").replace("’", "").replace("ø", "o").replace("ł", "l").replace("đ", "d")
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())


def name_key(country: str | None, name: str | None) -> str | None:
    """``XX:name-as-slug``: how a place is found by name; None where the country or the name is missing."""
    text = slug(name) if name else ""
    return f"{country}:{text}" if country and text else None


def name_keys(countries: Iterable[str | None], names: Iterable[str | None]) -> list[str | None]:
    """:func:`name_key` of many, each distinct pair worked out once."""
    memo: dict[tuple[str | None, str | None], str | None] = {}
    out = []
    for pair in zip(countries, names, strict=True):
        if pair not in memo:
            memo[pair] = name_key(*pair)
        out.append(memo[pair])
    return out


def spherical_middle(lat_deg: Floats, lon_deg: Floats) -> tuple[float, float]:
    """The middle of points as (lat, lon): the normalised mean of their unit vectors, so that the 180th meridian does not matter."""
    x, y, z = unit_vectors(lat_deg, lon_deg).mean(axis=0)
    return float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x)))
