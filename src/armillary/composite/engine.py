"""Many rebuilds of one index at once: everything after the coverage rules, for any number of draws, vectorised.

Draws that share their discrete choices (imputation, treatment, normalisation, aggregation) are done together, and each stage is
computed once for all draws that agree up to it. Stages that a continuous choice reaches carry an axis of draws; the others do not.
Chunks have fixed sizes and the draws are numbered beforehand, so threads and their number change no digit.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from armillary.composite.factors import NUMERIC, FactorDraws, decode, droppable, factors, targets
from armillary.composite.matrix import Floats, Ints
from armillary.composite.pipeline import impute_all
from armillary.composite.result import IndexResult
from armillary.composite.score import (
    alike,
    directions,
    group_score,
    normalise_all,
    redirected,
    renormed,
    scaled,
    transform_all,
    treat_all,
)
from armillary.composite.spec import Group
from armillary.composite.steps.aggregate import Aggregation
from armillary.composite.steps.impute import Imputed
from armillary.composite.steps.transform import transformed
from armillary.composite.steps.treat import log_transform, winsorise
from armillary.errors import UsageError

CELLS = 1 << 19
"""Numbers in one chunk of a stage: small enough for the second-level cache of common machines."""

Progress = Callable[[int, int], None]


@dataclass
class Engine:
    """Evaluates draws for one built index; ``target`` is the group whose scores are wanted (the index by default)."""

    result: IndexResult
    target: str
    seed: int = 1
    threads: int = 1

    def __post_init__(self) -> None:
        self.spec = self.result.spec
        self.factors = factors(self.spec)
        continuous = [f.rule.factor for f in self.factors if f.rule.factor == "impute.draw" or f.rule.factor in NUMERIC]
        if continuous and self.spec.imputation.after != "denominate":
            fix = "impute after 'denominate' in this analysis"
            raise UsageError(f"'{continuous[0]}' cannot be varied when imputation comes after '{self.spec.imputation.after}'", fix=fix)
        self.start = self.result.stages["denominated"].lines
        self.labels = self.result.sample.groups
        self._imputed: dict[str | None, Imputed] = {}
        self._fixed: dict[tuple[str | None, str | None, str | None], Floats] = {}
        self._noise: dict[str | None, Floats] = {}

    def scores(self, u: Floats, noise: Ints | None = None, progress: Progress | None = None) -> Floats:
        """Scores of the target for every draw: (draws, units). ``u`` has the columns of :func:`~armillary.composite.factors.factors`."""
        noise = np.arange(len(u)) if noise is None else noise
        draws = decode(self.spec, u, noise)
        keys = sorted(draws.options)
        codes = np.column_stack([draws.options[k] for k in keys]) if keys else np.zeros((len(u), 0), dtype=np.int64)
        combos, member = np.unique(codes, axis=0, return_inverse=True)
        member = member.reshape(-1)
        if draws.noise is not None:
            self._prepare_noise(int(noise.max()) + 1, combos, keys)
        # every fixed stage before the threads start, so that they only read
        jobs: list[tuple[dict[str, str], dict[str, Aggregation], Ints]] = []
        varying = bool(draws.numbers) or draws.noise is not None
        size = self._chunk(varying)
        for c, combo in enumerate(combos):
            choice = {self.factors[k].rule.factor: self.factors[k].rule.options[o] for k, o in zip(keys, combo, strict=True)}
            rules = self._rules(keys, combo)
            self.fixed(choice.get("impute"), choice.get("treat"), choice.get("normalise"))
            rows = np.flatnonzero(member == c)
            jobs += [(choice, rules, rows[a : a + size]) for a in range(0, len(rows), size)]
        out = np.empty((len(u), self.start.shape[1]))
        done = 0

        def run(job: tuple[dict[str, str], dict[str, Aggregation], Ints]) -> None:
            out[job[2]] = self._some(*job, draws)

        with ThreadPoolExecutor(max(1, self.threads)) as pool:
            for job, _ in zip(jobs, pool.map(run, jobs), strict=True):
                done += len(job[2])
                if progress is not None:
                    progress(done, len(u))
        return out

    def _chunk(self, varying: bool) -> int:
        cells = self.start.size if varying else self.start.shape[1]
        return int(max(8, min(512, CELLS // max(cells, 1))))

    def _rules(self, keys: list[int], combo: Ints) -> dict[str, Aggregation]:
        rules = {g.id: self.spec.aggregation_of(g.id) for g in self.spec.groups}
        for k, o in zip(keys, combo, strict=True):
            rule = self.factors[k].rule
            if rule.factor == "aggregate":
                for group in targets(self.spec, rule):
                    rules[group] = replace(rules[group], method=rule.options[o])
        return rules

    # --- stages

    def imputed(self, method: str | None) -> Imputed:
        """The filled values by one method (kept)."""
        if method not in self._imputed:
            self._imputed[method] = impute_all(self.spec, self.start, self.result.sample, method)
        return self._imputed[method]

    def fixed(self, impute: str | None, treat: str | None, norm: str | None) -> Floats:
        """Normalised indicators for one set of discrete choices, without any continuous one (kept)."""
        key = (impute, treat, norm)
        if key not in self._fixed:
            after = self.spec.imputation.after
            x = self.imputed(impute).values if after == "denominate" else self.start
            x = transform_all(self.spec, x, self.result.units)
            if after == "transform":
                x = impute_all(self.spec, x, self.result.sample, impute).values
            x = treat_all(self.spec, x, treat).values
            if after == "treat":
                x = impute_all(self.spec, x, self.result.sample, impute).values
            x = normalise_all(self.spec, x, norm, self.labels)
            if after == "normalise":
                x = impute_all(self.spec, x, self.result.sample, impute).values
            self._fixed[key] = x
        return self._fixed[key]

    def _prepare_noise(self, n: int, combos: Ints, keys: list[int]) -> None:
        """Redrawn imputed values, one row a draw, from the seed alone."""
        names = [self.factors[k].rule.factor for k in keys]
        methods = (
            {self.factors[keys[names.index("impute")]].rule.options[c[names.index("impute")]] for c in combos}
            if "impute" in names
            else {None}
        )
        for method in sorted(methods, key=str):
            done = self.imputed(method)
            if len(done.cells) and (method not in self._noise or len(self._noise[method]) < n):
                self._noise[method] = done.redraw(n, np.random.default_rng([self.seed, 77]))

    def _some(self, choice: dict[str, str], rules: dict[str, Aggregation], rows: Ints, draws: FactorDraws) -> Floats:
        parts = self._indicators(choice, rows, draws)
        spec = self.spec
        dropped: dict[int, list[int]] = {}
        for k, which in draws.left_out.items():
            places = np.array(droppable(spec, self.factors[k].rule))
            for b, w in enumerate(which[rows]):
                if w >= 0:
                    dropped.setdefault(int(places[w]), []).append(b)
        for j, who in dropped.items():
            full = np.broadcast_to(parts[j], (len(rows), parts[j].shape[-1])).copy()
            full[who] = np.nan
            parts[j] = full
        scores: dict[str, Floats] = {}
        place = {i.id: j for j, i in enumerate(spec.indicators)}
        inside = set(self._needed())
        for group in spec.upward():
            if group.id not in inside:
                continue
            values = [scores[p.id] if isinstance(p, Group) else parts[place[p.id]] for p in spec.parts(group.id)]
            n = max(v.ndim for v in values)
            if n == 2:
                values = [np.broadcast_to(v, (len(rows), v.shape[-1])) for v in values]
            w = draws.weights[group.id][rows] if group.id in draws.weights else np.array(list(self.result.weights[group.id].values()))
            scores[group.id] = group_score(spec, group.id, np.stack(values, axis=-2), w, rules[group.id], self.labels)
        value = scores[self.target]
        return np.broadcast_to(value, (len(rows), value.shape[-1]))

    def _needed(self) -> list[str]:
        below = [self.target]
        for group in self.spec.upward()[::-1]:
            if group.parent in below:
                below.append(group.id)
        return below

    def _indicators(self, choice: dict[str, str], rows: Ints, draws: FactorDraws) -> list[Floats]:
        """Normalised indicators, each (units,) or (draws, units)."""
        method, treatment, norm = (choice.get(k) for k in ("impute", "treat", "normalise"))
        base = list(self.fixed(method, treatment, norm))
        spec = self.spec
        if draws.noise is None and not draws.numbers:
            return base
        done = self.imputed(method)
        noisy = draws.noise is not None and len(done.cells) > 0
        moved = set(done.cells[:, 0].tolist()) if noisy else set()
        rulesets = [redirected(spec, i, treatment) for i in spec.indicators]
        if draws.numbers:
            moved |= {j for j, r in enumerate(rulesets) if r.method != "none"}
        columns = sorted(moved)
        x = np.repeat(done.values[columns][:, None, :], len(rows), axis=1)  # (columns, draws, units)
        if noisy:
            assert draws.noise is not None
            where = {j: i for i, j in enumerate(columns)}
            values = self._noise[method][draws.noise[rows]]
            x[[where[int(j)] for j in done.cells[:, 0]], :, done.cells[:, 1]] = values.T
        for i, j in enumerate(columns):
            x[i] = transformed(x[i], spec.transformation_of(spec.indicators[j]), what=f"indicator '{spec.indicators[j].id}'")
        sign = directions(spec)
        for rule, group in alike([rulesets[j] for j in columns]):
            if rule.method == "none":
                continue
            limits = {
                "skew_max": draws.numbers.get("treat.skew_max"),
                "kurt_max": draws.numbers.get("treat.kurt_max"),
                "max_points": draws.numbers.get("treat.max_points"),
            }
            given = {k: (getattr(rule, k) if v is None else np.broadcast_to(v[rows], (len(group), len(rows)))) for k, v in limits.items()}
            before = x[group]
            if rule.method == "log-if-skewed":
                given["max_points"] = 0
            y, _, _, ok = winsorise(before, kind=rule.skew_kind, **given)
            if rule.method in ("winsorise-log", "log-if-skewed") and not ok.all():
                turn = np.broadcast_to(sign[[columns[g] for g in group]][:, None], ok.shape)
                y[~ok] = log_transform(before[~ok], turn[~ok], variant=rule.log, factor=rule.log_factor)
            x[group] = y
        for rule, group in alike([renormed(spec, spec.indicators[j], norm) for j in columns]):
            x[group] = scaled(x[group], sign[[columns[g] for g in group]][:, None], rule, self.labels)
        for i, j in enumerate(columns):
            base[j] = x[i]
        return base
