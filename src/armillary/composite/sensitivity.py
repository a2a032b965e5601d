"""How sure is a rank? Monte Carlo over the choices that a specification marks as uncertain, and which choice matters (Sobol indices).

First-order index: the part of a unit's variance that one choice explains alone (estimator of Saltelli et al. 2010). Total index: the
part in which it takes any role (Jansen 1999). Both per unit, for its rank or its score, over whole blocks of columns: one block is
one choice, however many numbers decide it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.composite.engine import Engine, Progress
from armillary.composite.factors import factors, width
from armillary.composite.matrix import Floats
from armillary.composite.pipeline import build
from armillary.composite.result import IndexResult
from armillary.composite.spec import IndexSpec
from armillary.errors import UsageError


@dataclass(frozen=True, slots=True, eq=False)
class Indices:
    """Sobol indices: arrays of shape (factors, units); the intervals are bootstrap percentiles over the design (5 % to 95 %)."""

    labels: tuple[str, ...]
    of: str
    first: Floats
    total: Floats
    first_low: Floats
    first_high: Floats
    total_low: Floats
    total_high: Floats
    evaluations: int
    mean_shift: dict[str, tuple[float, float]]

    def table(self, units: tuple[str, ...], names: tuple[str, ...]) -> pa.Table:
        """Long table: ``unit_id, name, factor, first, first_low, first_high, total, total_low, total_high``."""
        n, k = len(units), len(self.labels)
        out = pa.table(
            {
                "unit_id": pa.array([u for u in units for _ in range(k)], pa.string()),
                "name": pa.array([x for x in names for _ in range(k)], pa.string()),
                "factor": pa.array(list(self.labels) * n, pa.string()),
            }
        )
        for name in ("first", "first_low", "first_high", "total", "total_low", "total_high"):
            out = out.append_column(name, pa.array(getattr(self, name).T.reshape(-1), pa.float64(), from_pandas=True))
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """Scores and ranks of every unit in every draw: arrays (draws, units), in the order of ``result.units``."""

    result: IndexResult
    target: str
    scores: Floats
    ranks: Floats
    seed: int
    labels: tuple[str, ...]
    indices: Indices | None = None
    idle: tuple[str, ...] = ()
    """Choices that changed no score in any trial: they do not apply to this index and these data."""

    def table(self, top: int = 10, interval: tuple[float, float] = (0.05, 0.95)) -> pa.Table:
        """The ranking with its uncertainty.

        ``low, high``: interval of the score; ``rank_low, rank_median, rank_high``: of the rank (rounded outwards); ``same_share``:
        part of the draws in which the unit has its published rank; ``top_share``: in which it is among the first ``top``.
        """
        base = self.result.table(self.target)
        place = {u: i for i, u in enumerate(self.result.units)}
        index = [place[u] for u in base.column("unit_id").to_pylist()]
        s, r = self.scores[:, index], self.ranks[:, index]
        nominal = np.array(base.column("rank").to_pylist(), dtype=np.float64)
        with np.errstate(invalid="ignore"):
            same = np.mean(np.abs(r - nominal) < 0.5, axis=0)
            within = np.mean(r <= top + 0.25, axis=0)
        columns = {
            "low": np.nanquantile(s, interval[0], axis=0),
            "high": np.nanquantile(s, interval[1], axis=0),
            "rank_low": np.floor(np.nanquantile(r, interval[0], axis=0) + 1e-9),
            "rank_median": np.nanmedian(r, axis=0),
            "rank_high": np.ceil(np.nanquantile(r, interval[1], axis=0) - 1e-9),
            "same_share": same,
            "top_share": within,
        }
        for name, values in columns.items():
            whole = name in ("rank_low", "rank_high")
            base = base.append_column(name, pa.array(values.astype(np.int64) if whole else values, pa.int32() if whole else pa.float64()))
        return base

    def above(self, first: str, second: str) -> float:
        """Part of the draws in which one unit ranks above another (ids or names); ties count half."""
        a, b = self.result.position(first), self.result.position(second)
        d = self.ranks[:, a] - self.ranks[:, b]
        return float(np.mean(d < 0) + np.mean(d == 0) / 2)

    def indices_table(self) -> pa.Table:
        """Sobol indices of every unit and factor."""
        if self.indices is None:
            raise UsageError("no Sobol indices were computed", fix="ask for them: sensitivity(..., sobol=256)")
        return self.indices.table(self.result.units, self.result.sample.names)


def sensitivity(
    spec: IndexSpec | IndexResult,
    data: Any = None,
    *,
    draws: int = 1000,
    seed: int = 1,
    sobol: int = 0,
    of: str = "rank",
    target: str | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> Sensitivity:
    """Rebuild an index ``draws`` times under its uncertain choices.

    With ``sobol = N`` also the Sobol indices, from N (factors + 2) further rebuilds (N is rounded up to a power of two). ``target``
    is the group whose scores are looked at (the index by default); ``of`` is ``rank`` or ``score`` for the indices. The same seed
    gives the same numbers for any number of threads.
    """
    result = spec if isinstance(spec, IndexResult) else build(spec, data)
    if draws < 2:
        raise UsageError(f"{draws} draws say nothing", fix="ask for at least 100")
    if of not in ("rank", "score"):
        raise UsageError(f"Sobol indices are of 'rank' or of 'score', not of '{of}'")
    goal = result.spec.root.id if target is None else result.spec.group(target).id
    engine = Engine(result, goal, seed, threads)
    extra = _evaluations(result.spec, sobol)

    def tick(done: int, _: int) -> None:
        if progress is not None:
            progress(done, draws + extra)

    u = np.random.default_rng([seed, 1]).random((draws, width(result.spec)))
    scores = engine.scores(u, progress=tick)
    indices = None
    if sobol:
        indices = _sobol(result, engine, sobol, seed, of, lambda done: tick(draws + done, 0))
    labels = tuple(f.label for f in factors(result.spec))
    return Sensitivity(result, goal, scores, result.spec.ranking.of(scores), seed, labels, indices, _idle(result.spec, engine, seed))


def _idle(spec: IndexSpec, engine: Engine, seed: int) -> tuple[str, ...]:
    """Labels of the choices that change nothing: each is varied alone, every option of it, from a few places of the design."""
    rng = np.random.default_rng([seed, 4])
    out = []
    for block in factors(spec):
        base = rng.random((3, width(spec)))
        n = max(4, len(block.rule.options))
        u = np.repeat(base, n, axis=0)
        own = (
            (np.arange(n)[:, None] + 0.5) / n
            if block.rule.options and block.stop - block.start == 1
            else rng.random((n, block.stop - block.start))
        )
        u[:, block.start : block.stop] = np.tile(own, (3, 1))
        noise = np.tile(np.arange(n), 3) if block.rule.factor == "impute.draw" else np.zeros(3 * n, dtype=np.int64)
        scores = engine.scores(u, noise).reshape(3, n, -1)
        if np.allclose(scores, scores[:, :1], rtol=0.0, atol=1e-12, equal_nan=True):
            out.append(block.label)
    return tuple(out)


def _evaluations(spec: IndexSpec, n: int) -> int:
    return (1 << max(1, int(np.ceil(np.log2(max(n, 2)))))) * (len(factors(spec)) + 2) if n else 0


def _sobol(result: IndexResult, engine: Engine, n: int, seed: int, of: str, tick: Any) -> Indices:
    from scipy.stats import qmc

    spec = result.spec
    blocks = factors(spec)
    d = width(spec)
    m = int(np.ceil(np.log2(max(n, 2))))
    n = 1 << m
    points = qmc.Sobol(2 * d, scramble=True, rng=np.random.default_rng([seed, 2])).random_base2(m)
    a, b = points[:, :d], points[:, d:]
    own, other = np.arange(n), np.arange(n, 2 * n)
    done = 0

    def run(u: Floats, noise: Any) -> Floats:
        nonlocal done
        scores = engine.scores(np.minimum(u, np.nextafter(1.0, 0.0)), noise, lambda k, _: tick(done + k))
        done += len(u)
        y = spec.ranking.of(scores) if of == "rank" else scores
        return y

    fa, fb = run(a, own), run(b, other)
    mixed = []
    for block in blocks:
        u = a.copy()
        u[:, block.start : block.stop] = b[:, block.start : block.stop]
        mixed.append(run(u, other if block.rule.factor == "impute.draw" else own))
    fm = np.stack(mixed)
    first, total = _estimate(fa, fb, fm)
    rng = np.random.default_rng([seed, 3])
    again = [_estimate(fa[i], fb[i], fm[:, i]) for i in (rng.integers(0, n, n) for _ in range(200))]
    f, t = np.stack([x[0] for x in again]), np.stack([x[1] for x in again])
    labels = tuple(block.label for block in blocks)
    # one number for the whole table: how far ranks move on average when this choice alone is redrawn
    ranks = [spec.ranking.of(x) if of == "score" else x for x in (fa, *mixed)]
    moves = [np.abs(r - ranks[0]) for r in ranks[1:]]
    shift = {label: (float(np.nanmean(m)), float(np.nanmax(m))) for label, m in zip(labels, moves, strict=True)}

    def limits(x: Floats) -> tuple[Floats, Floats]:
        # a resample in which nothing varies has no indices; a unit with one such is given no interval
        return np.quantile(x, 0.05, axis=0), np.quantile(x, 0.95, axis=0)

    (fl, fh), (tl, th) = limits(f), limits(t)
    return Indices(labels, of, first, total, fl, fh, tl, th, (len(blocks) + 2) * n, shift)


def _estimate(fa: Floats, fb: Floats, fm: Floats) -> tuple[Floats, Floats]:
    """First-order (Saltelli 2010) and total (Jansen) indices from the runs A, B and A with block k of B; NaN where nothing varies."""
    both = np.concatenate([fa, fb])
    variance = both.var(axis=0)
    centre = both.mean(axis=0)  # centring changes nothing in expectation and much in variance
    variance = np.where(variance > 1e-18, variance, np.nan)
    first = np.mean((fb - centre) * (fm - fa), axis=1) / variance
    total = np.mean((fa - fm) ** 2, axis=1) / (2 * variance)
    return np.asarray(first), np.asarray(total)
