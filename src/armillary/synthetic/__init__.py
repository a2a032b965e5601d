"""A deterministic world with known answers, in the real input formats: the demo, the ground truth of tests, the input of benchmarks.

>>> from armillary.synthetic import World
>>> world = World(works=2_000, seed=7)
>>> world.geo.codes[:3]
('QM', 'QN', 'QO')

Everything in it is invented. Country codes are those that ISO 3166 leaves to users, DOIs have the prefix for examples, ids lie where
OpenAlex has none.
"""

from __future__ import annotations

from armillary.synthetic.world import World

__all__ = ["World"]
