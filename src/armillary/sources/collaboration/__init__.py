"""Tables of joint works by country pair and year -> core table ``pair_series``."""

from armillary.sources.collaboration.pairs import PairsRead, ingest, read_pairs

__all__ = ["PairsRead", "ingest", "read_pairs"]
