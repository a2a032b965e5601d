"""Topics given by default in a batch of leaf columns; the rules are those of :mod:`.defaults`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from armillary.sources.openalex.arrays import Indices
from armillary.sources.openalex.defaults import IDS, are_defaults, is_default


def given_by_default(
    batch: pa.RecordBatch, numbers: pa.Array, topic: pa.Array, row: Indices, first: pa.Array
) -> tuple[npt.NDArray[np.bool_], pa.Array]:
    """``(which listed topics were given by default, which works have no other first topic)``.

    ``numbers``: ids of the listed topics ``topic``, whose works are ``row``; ``first``: the first topic of each work.
    """
    languages = batch.column("language")
    listed = are_defaults(numbers, pc.struct_field(topic, "score"), languages.take(pa.array(row)))
    primary = batch.column("primary_topic")
    score = pc.struct_field(primary, "score") if primary.type.get_field_index("score") >= 0 else None
    unclassified = np.zeros(len(batch), dtype=np.bool_)
    ids, firsts = (pc.fill_null(a, missing).to_numpy(zero_copy_only=False) for a, missing in ((numbers, -2), (first, -1)))
    for k in np.flatnonzero(np.isin(firsts, sorted(IDS))).tolist():
        mine = np.flatnonzero((row == k) & (ids == firsts[k]))
        if score is None and len(mine):  # it stands beside the same topic in the list
            unclassified[k] = listed[mine[0]]
        else:
            given = (
                score[k].as_py() if score is not None and primary[k].is_valid else topic[mine[0]]["score"].as_py() if len(mine) else None
            )
            unclassified[k] = is_default(int(firsts[k]), given, languages[k].as_py())
    listed |= unclassified[row] & (ids == firsts[row])  # the topic goes from the list too, whatever its score there
    return listed, pa.array(unclassified)
