"""Ranks over Spark Connect, in a process of its own: one process has either a Spark session or a Connect session."""

from __future__ import annotations

import json
import sys

import armillary as arm

RECIPES = (("share", "country"), ("mncs", "institution"), ("pp-top10", "country"), ("policy-documents", "institution"))


def main(folder: str, remote: str) -> None:
    obs = arm.open(folder, engine="spark", remote=remote, spark_sql_shuffle_partitions=2)
    print(json.dumps({f"{i} {u}": [list(r.values()) for r in obs.rank(i, unit=u).rows()] for i, u in RECIPES}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
