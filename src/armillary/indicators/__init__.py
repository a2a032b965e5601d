"""Indicators: what each record contributes to each unit. One module a family; one decorated function an indicator.

>>> from armillary.indicators import indicator_info
>>> indicator_info("share").counting
'author-fractional'
"""

from armillary.indicators.catalogue import Indicator, all_indicators, indicator, indicator_info, work_indicator

__all__ = ["Indicator", "all_indicators", "indicator", "indicator_info", "work_indicator"]
