"""Tables of joint works by country pair and year -> core table ``pair_series``."""

from armillary.sources.collaboration.pairs import INDICATOR, INDICATOR_SELF, PairsRead, ingest, read_pairs

__all__ = ["INDICATOR", "INDICATOR_SELF", "PairsRead", "ingest", "read_pairs"]
