"""A boosted-tree classifier as plain arrays: trained with scikit-learn, stored without pickle, applied with NumPy alone.

A stored model runs no code when it is read, does not depend on the version of the library that trained it, and has a hash that
follows from its numbers only.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core import durable
from armillary.core.arrays import Floats
from armillary.errors import DataError, InputError, MissingExtraError

_COLUMNS = ("feature", "threshold", "left", "right", "missing_left", "is_leaf", "value")
_FORMAT = 1
_SMALL = 200_000
_CHUNK = 8192


@dataclass(frozen=True)
class _Bits:
    """One tree for fast scoring: leaves are bits from left to right; a test that fails strikes out the leaves on its left side, and the
    lowest bit that is left is the leaf (QuickScorer, Lucchese et al. 2015). Many plain array operations instead of many look-ups."""

    tests: tuple[tuple[int, float, bool, int], ...]
    """Feature, threshold, where missing values go, and the bits that stay when the test fails."""
    values: Floats
    words: Any

    def leaf_values(self, part: Floats, missing: NDArray[np.bool_]) -> Floats:
        """The value of each row's leaf."""
        alive = np.full(len(part), self.words(-1 % (1 << 8 * self.words().itemsize)))
        for feature, threshold, missing_left, stay in self.tests:
            goes_left = part[:, feature] <= threshold
            if missing_left:
                goes_left |= missing[:, feature]
            kept = np.negative(goes_left.astype(self.words))
            kept |= self.words(stay)
            alive &= kept
        lowest = (alive & np.negative(alive)).astype(np.float64)
        return np.asarray(self.values[np.frexp(lowest)[1] - 1])


def _bits(nodes: dict[str, NDArray[Any]], root: int) -> _Bits:
    leaves: list[float] = []
    tests: list[tuple[int, float, bool, int]] = []

    def walk(at: int) -> int:
        """Number the leaves below a node; returns their bits."""
        here = root + at
        if nodes["is_leaf"][here]:
            leaves.append(float(nodes["value"][here]))
            return 1 << (len(leaves) - 1)
        left = walk(int(nodes["left"][here]))
        tests.append((int(nodes["feature"][here]), float(nodes["threshold"][here]), bool(nodes["missing_left"][here]), left))
        return left | walk(int(nodes["right"][here]))

    walk(0)
    if len(leaves) > 64:
        raise DataError(f"a tree has {len(leaves)} leaves, at most 64 can be scored", fix="train with leaves=64 or fewer")
    words = np.uint16 if len(leaves) <= 16 else np.uint64
    full = (1 << 8 * words().itemsize) - 1
    return _Bits(tuple((f, t, m, full & ~left) for f, t, m, left in tests), np.array(leaves), words)


@dataclass(frozen=True)
class Trees:
    """All nodes of all trees, one after the other; ``start[k]`` is the root of tree k. ``steps_*`` is the isotonic calibration."""

    features: tuple[str, ...]
    baseline: float
    start: NDArray[np.int64]
    nodes: dict[str, NDArray[Any]]
    steps_x: Floats
    steps_y: Floats

    def score(self, matrix: Floats) -> Floats:
        """Raw score (log odds before calibration) of each row; a missing value (NaN) goes where training sent it."""
        x = np.asarray(matrix, dtype=np.float64)
        if x.ndim != 2 or x.shape[1] != len(self.features):
            raise DataError(f"the model needs {len(self.features)} features a row, got a table of {x.shape}", fix=", ".join(self.features))
        total = np.full(len(x), self.baseline)
        bits = [_bits(self.nodes, root) for root in self.start.tolist()]
        for low in range(0, len(x), _CHUNK):
            # one column a feature, small enough to stay in the processor's cache
            part = np.asfortranarray(x[low : low + _CHUNK])
            missing = np.isnan(part)
            for tree in bits:
                total[low : low + _CHUNK] += tree.leaf_values(part, missing)
        return total

    def predict(self, matrix: Floats) -> Floats:
        """Calibrated probability of each row."""
        raw = 1.0 / (1.0 + np.exp(-self.score(matrix)))
        return np.asarray(np.interp(raw, self.steps_x, self.steps_y))

    @property
    def digest(self) -> str:
        """SHA-256 over everything that a prediction depends on."""
        state = hashlib.sha256(json.dumps([_FORMAT, self.features, float(self.baseline)]).encode())
        for array in (self.start, *(self.nodes[c] for c in _COLUMNS), self.steps_x, self.steps_y):
            state.update(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes())
        return state.hexdigest()

    def save(self, path: Path) -> None:
        """One ``.npz`` file of plain arrays; the same model gives the same bytes."""
        arrays = {"start": self.start, **{f"node_{c}": self.nodes[c] for c in _COLUMNS}, "steps_x": self.steps_x, "steps_y": self.steps_y}
        arrays["head"] = np.frombuffer(json.dumps([_FORMAT, self.features, float(self.baseline)]).encode(), dtype=np.uint8)
        with durable.whole(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as out:
            for name in sorted(arrays):
                held = io.BytesIO()
                np.lib.format.write_array(held, np.ascontiguousarray(arrays[name]), allow_pickle=False)
                out.writestr(zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0)), held.getvalue(), zipfile.ZIP_DEFLATED)


def load_trees(path: Path) -> Trees:
    """Read what :meth:`Trees.save` wrote; :class:`InputError` if it is something else."""
    try:
        with np.load(path, allow_pickle=False) as found:
            form, features, baseline = json.loads(bytes(found["head"]).decode())
            if form != _FORMAT:
                raise InputError(f"a model of another version (format {form})", where=path, fix="train it again")
            nodes = {c: found[f"node_{c}"] for c in _COLUMNS}
            return Trees(tuple(features), float(baseline), found["start"], nodes, found["steps_x"], found["steps_y"])
    except FileNotFoundError:
        raise InputError("there is no such model file", where=path) from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"not a stored model: {error}", where=path, fix="train it again with: armillary lead train") from None


def fit_trees(
    matrix: Floats,
    target: NDArray[np.bool_],
    features: tuple[str, ...],
    *,
    seed: int,
    trees: int = 150,
    leaves: int = 15,
    rate: float = 0.06,
    least_in_leaf: int = 30,
) -> Trees:
    """Train uncalibrated trees (histogram gradient boosting, log loss). Needs the extra ``models``."""
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtraError("models", "training a lead model") from error
    model = HistGradientBoostingClassifier(
        learning_rate=rate,
        max_iter=trees,
        max_leaf_nodes=leaves,
        min_samples_leaf=least_in_leaf,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )
    # a feature that is missing everywhere cannot be binned, and is never split on either way
    matrix = np.where(np.isnan(matrix).all(axis=0), 0.0, matrix)
    # on small data threads wait for each other longer than they work; the trees are the same for any number of them
    with threadpool_limits(limits=1 if len(matrix) < _SMALL else None):
        model.fit(matrix, target)
    parts = [predictor.nodes for (predictor,) in model._predictors]
    whole = np.concatenate(parts)
    start = np.cumsum([0, *(len(p) for p in parts[:-1])]).astype(np.int64)
    nodes = {
        "feature": whole["feature_idx"].astype(np.int64),
        "threshold": whole["num_threshold"].astype(np.float64),
        "left": whole["left"].astype(np.int64),
        "right": whole["right"].astype(np.int64),
        "missing_left": whole["missing_go_to_left"].astype(bool),
        "is_leaf": whole["is_leaf"].astype(bool),
        "value": whole["value"].astype(np.float64),
    }
    line = np.array([0.0, 1.0])
    built = Trees(features, float(model._baseline_prediction.ravel()[0]), start, nodes, line, line)
    # the arrays come from inside the library: make sure that they are what it would predict with
    probe = matrix[:: max(1, len(matrix) // 2000)]
    if not np.allclose(built.predict(probe), model.predict_proba(probe)[:, 1], rtol=0, atol=1e-9):
        raise DataError("this version of scikit-learn stores its trees in a way that is not known", fix="install scikit-learn 1.7 to 1.9")
    return built


def isotonic(raw: Floats, target: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Steps of an isotonic calibration from raw probabilities to frequencies. Needs the extra ``models``."""
    from sklearn.isotonic import IsotonicRegression

    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(raw, target.astype(np.float64))
    return np.asarray(fitted.X_thresholds_, dtype=np.float64), np.asarray(fitted.y_thresholds_, dtype=np.float64)
