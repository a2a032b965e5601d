"""The card of a trained goal classification: kept inside the file of its tags, so that it travels with them; as Markdown for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from armillary.core import durable
from armillary.counting.goals.queries import goal_names
from armillary.counting.goals.tags import KEY
from armillary.errors import InputError
from armillary.studies.goals.trained import Trained


def save(made: Trained, path: Path) -> None:
    """The tags as Parquet, with the card in the metadata of the file; the same tags and card give the same bytes."""
    said = json.dumps(made.card, ensure_ascii=False, sort_keys=True).encode()
    table = made.tags.replace_schema_metadata({KEY: said})
    with durable.whole(path) as part:
        pq.write_table(table, part, compression="zstd")


def card_of(path: Path) -> dict[str, Any]:
    """The card in a file of tags; :class:`InputError` if it has none."""
    if not path.is_file():
        raise InputError("there is no such file of tags", where=path, fix="make one with: armillary sdg train --out FILE.parquet")
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (pa.ArrowInvalid, OSError):
        metadata = {}
    if KEY not in metadata:
        raise InputError("these tags carry no card", where=path, fix="make one with: armillary sdg train --out FILE.parquet")
    card: dict[str, Any] = json.loads(metadata[KEY])
    return card


def markdown(card: Mapping[str, Any]) -> str:
    """The card for people."""
    names, held, learned = goal_names(), card["held_out"], card["learned_from"]
    lines = [
        f"# Goal classifier {card['model']}",
        "",
        f"{card['kind']}.",
        "",
        f"Learned from {learned['works']:,} works of {learned['data']['name']} (snapshot {learned['data']['snapshot_date']}): "
        f"{learned['tags']}. {learned['with_abstract']:,} abstracts at hand.",
        f"Imputed: {card['imputed']['tags']:,} tags on {card['imputed']['works']:,} works whose record has no word on goals.",
        "",
        f"## On {held['works']:,} held-out works",
        "",
        f"{held['split']}. Called where the probability is above {card['called_above']}.",
        "",
        "| | precision | recall |",
        "|---|---:|---:|",
        f"| model | {_number(held['precision'])} | {_number(held['recall'])} |",
        *([f"| queries | {_number(held['queries']['precision'])} | {_number(held['queries']['recall'])} |"] if held["queries"] else []),
        "",
        f"Calibration error {_number(held['calibration_error'], 3)} (mean over goals); goals a work: "
        f"{_number(held['observed_a_work'], 3)} in the records, {_number(held['expected_a_work'], 3)} by the probabilities.",
        "",
        "| goal | | tagged | called | both | expected | precision (95 %) | recall (95 %) |",
        "|---:|---|---:|---:|---:|---:|---|---|",
    ]
    for g in held["goals"]:
        lines.append(
            f"| {g['goal']} | {names[g['goal']]} | {g['observed']:,} | {g['called']:,} | {g['both']:,} | {g['expected']:.1f} | "
            f"{_range(g, 'precision')} | {_range(g, 'recall')} |"
        )
    if card["not_learned"]:
        lines += ["", f"Not learned, for want of tagged works: goals {', '.join(map(str, card['not_learned']))}."]
    return "\n".join([*lines, "", "## Limits", "", *(f"- {text}" for text in card["limits"])]) + "\n"


def _number(value: float | None, digits: int = 2) -> str:
    return "none" if value is None else f"{value:.{digits}f}"


def _range(g: Mapping[str, Any], name: str) -> str:
    return "none" if g[name] is None else f"{g[name]:.2f} ({g[name + '_low']:.2f}-{g[name + '_high']:.2f})"
