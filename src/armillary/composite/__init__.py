"""Composite indices: specification, steps, analysis and uncertainty. An index ends in the same table shape as a ranking.

>>> from armillary.composite import load_spec, build
>>> result = build(load_spec("index.toml"))            # doctest: +SKIP
>>> result.table()                                     # doctest: +SKIP
"""

from __future__ import annotations

from armillary.composite.data import IndexData, load_data
from armillary.composite.editions import Comparison, compare
from armillary.composite.load import load_spec, spec_from
from armillary.composite.matrix import Matrix
from armillary.composite.panel import panel
from armillary.composite.pipeline import build, rebuild
from armillary.composite.result import IndexResult
from armillary.composite.sensitivity import Sensitivity, sensitivity
from armillary.composite.spec import IndexSpec
from armillary.composite.verify import Verification, verify

__all__ = [
    "Comparison",
    "IndexData",
    "IndexResult",
    "IndexSpec",
    "Matrix",
    "Sensitivity",
    "Verification",
    "build",
    "compare",
    "load_data",
    "load_spec",
    "panel",
    "rebuild",
    "sensitivity",
    "spec_from",
    "verify",
]
