"""Institutions that are being placed: their points and names as arrays, and the place decided so far for each."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.core.arrays import Floats
from armillary.core.places.geo import is_point, name_keys


class Rows:
    """The institutions of core table ``institution``, row by row."""

    def __init__(self, institution: pa.Table) -> None:
        def numbers(name: str) -> Floats:
            return np.asarray(institution[name].cast(pa.float64()).fill_null(float("nan")).to_numpy(), dtype=np.float64)

        self.ids: list[int] = institution["institution_id"].to_pylist()
        self.ror: list[str | None] = institution["ror_id"].to_pylist()
        self.city: list[str | None] = institution["city"].to_pylist()
        self.country: list[str | None] = institution["country_code"].to_pylist()
        self.geonames: list[int | None] = institution["geonames_id"].to_pylist()
        self.lat, self.lon = numbers("lat_deg"), numbers("lon_deg")
        self.has_point = is_point(self.lat, self.lon)
        self.key = name_keys(self.country, self.city)
        n = len(self.ids)
        self.place: list[str | None] = [None] * n
        self.by: list[str] = ["none"] * n
        self.distance = np.full(n, np.nan)
        self.known: dict[str, dict[str, Any]] = {}

    def declare(self, place_id: str, name: str, kind: str, country: str | None, lat: float, lon: float, population: int | None) -> None:
        """Make a place known, unless it is."""
        self.known.setdefault(
            place_id,
            {
                "place_id": place_id,
                "name": name,
                "place_kind": kind,
                "country_code": country,
                "lat_deg": lat,
                "lon_deg": lon,
                "population_n": population,
            },
        )

    def put(self, i: int, place_id: str | None, by: str, distance: float) -> None:
        """Decide the place of institution ``i``; ``distance`` in km."""
        self.place[i], self.by[i], self.distance[i] = place_id, by, distance


def commonest(values: list[str | None]) -> str | None:
    """The value that stands most often, the first in the alphabet if several do."""
    counts = Counter(v for v in values if v)
    return min(counts, key=lambda v: (-counts[v], v)) if counts else None
