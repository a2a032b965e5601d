"""The whole world on disk: the snapshot, and beside it what the other readers take."""

from __future__ import annotations

from pathlib import Path

from armillary.synthetic import snapshot
from armillary.synthetic.world import World


def write_world(
    world: World, out: Path, *, layout: str = "jsonl", processes: int | None = None, progress: snapshot.Progress | None = None
) -> dict[str, int]:
    """Write everything of ``world`` below ``out``; gives the number of records of each table."""
    return snapshot.write(world, out, layout=layout, processes=processes, progress=progress)
