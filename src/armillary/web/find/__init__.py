"""One search over everything that has a page: units, series, indicators, subjects, stories, claims, methods."""

from armillary.web.find.entries import index_of
from armillary.web.find.index import Findable, FindIndex, Hit

__all__ = ["FindIndex", "Findable", "Hit", "index_of"]
