"""People at points: what the intensity of a cluster is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as pacsv

from armillary.core.arrays import Floats
from armillary.core.places.populated import Populated
from armillary.errors import InputError
from armillary.studies.clusters.hulls import inside


@dataclass(frozen=True)
class Population:
    """People at points (cells of a grid, or cities), for the intensity of a cluster."""

    lat_deg: Floats
    lon_deg: Floats
    people: Floats

    @classmethod
    def from_populated(cls, places: Populated) -> Population:
        """The cities of a list of populated places; what is part of a bigger city is left out, since the city's number holds it."""
        city = places.head == np.arange(len(places))
        return cls(places.lat_deg[city], places.lon_deg[city], places.population[city].astype(np.float64))

    @classmethod
    def from_cells(cls, path: Path) -> Population:
        """Cells of a population grid: a delimited file with columns lat, lon and population, plain or gzipped."""
        try:
            table = pacsv.read_csv(path, convert_options=pacsv.ConvertOptions(include_columns=["lat", "lon", "population"]))
            lat, lon, people = (table[c].cast(pa.float64()).to_numpy() for c in ("lat", "lon", "population"))
        except (pa.ArrowInvalid, pa.ArrowKeyError, OSError) as error:
            what = f"cannot be read as a population grid ({str(error).splitlines()[0]})"
            raise InputError(what, where=path, fix="give a CSV with columns lat, lon, population") from None
        good = np.isfinite(lat) & np.isfinite(lon) & np.isfinite(people)
        return cls(lat[good], lon[good], people[good])

    def within(self, outline: Any) -> float | None:
        """People inside an outline; None if no point of the grid lies in it."""
        there = inside(outline, self.lat_deg, self.lon_deg)
        return float(self.people[there].sum()) if there.any() else None
