"""Every rule of an index with the value that applies, and whether the specification says it or it is a default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pyarrow as pa

from armillary.composite.score import on_scale, redirected
from armillary.composite.spec import IndexSpec

SECTIONS: dict[str, tuple[str, dict[str, str]]] = {
    "screening": ("screen", {}),
    "imputation": ("impute", {}),
    "transformation": ("transform", {"power": "lambda"}),
    "treatment": ("treat", {"skew_kind": "skew"}),
    "normalisation": ("normalise", {}),
    "weighting": ("weights", {}),
    "aggregation": ("aggregate", {}),
    "rescaling": ("rescale", {}),
    "ranking": ("rank", {}),
}
"""Field of a specification -> section of the file, and keys that are called otherwise there."""


def settings(spec: IndexSpec) -> Iterator[tuple[str, str, Any, bool]]:
    """Section, key, value, and whether it is given (else a default), for every general rule."""
    for name, (section, renamed) in SECTIONS.items():
        rule = getattr(spec, name)
        if rule is None:
            yield section, "method", "none", False
            continue
        for f in fields(rule):
            key = renamed.get(f.name, f.name)
            yield section, key, getattr(rule, f.name), f"{section}.{key}" in spec.said
    for level, rule in spec.by_level:
        yield "aggregate", f"by_level.{level}", rule.method, True
    for key in ("strengths_n", "strengths_always"):
        toml = {"strengths_n": "strengths", "strengths_always": "strengths_rank"}[key]
        yield "index", toml, getattr(spec, key), f"index.{toml}" in spec.said


def settings_table(spec: IndexSpec) -> pa.Table:
    """The same as a table: ``section, key, value, from``."""
    rows = list(settings(spec))
    return pa.table(
        {
            "section": pa.array([r[0] for r in rows], pa.string()),
            "key": pa.array([r[1] for r in rows], pa.string()),
            "value": pa.array([setting_text(r[2]) for r in rows], pa.string()),
            "from": pa.array(["specification" if r[3] else "default" for r in rows], pa.string()),
        }
    )


def setting_text(value: Any) -> str:
    """A setting as people write it."""
    if value is None or value == ():
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(setting_text(v) for v in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def tree_table(spec: IndexSpec) -> pa.Table:
    """The tree from the top down, a row each group and indicator, with the rules that apply to it."""
    shares = dict(spec._shares()) | {spec.root.id: 1.0}
    rows: list[dict[str, Any]] = []

    def add(id: str, depth: int) -> None:
        g = spec.group(id)
        how = spec.rescaling_of(id)
        rule = spec.aggregation_of(id)
        rows.append(
            {
                "id": id,
                "name": spec.label(id),
                "level": spec.level_of(id),
                "depth": depth,
                "parent": g.parent,
                "weight": g.weight,
                "share_of_index": shares[id],
                "made_by": f"{rule.method} mean" if rule.method not in ("median", "copeland", "bod") else rule.method,
                "rescaled": how.method if how else None,
            }
        )
        for p in spec.parts(id):
            if p.id in {x.id for x in spec.groups}:
                add(p.id, depth + 1)
        for i in spec.indicators:
            if i.parent == id:
                rule_ = on_scale(spec.normalisation_of(i), spec.transformation_of(i))
                plain = spec.normalisation_of(i)
                rows.append(
                    {
                        "id": i.id,
                        "name": i.name or i.id,
                        "level": "indicator",
                        "depth": depth + 1,
                        "parent": id,
                        "weight": i.weight,
                        "share_of_index": shares[i.id],
                        "direction": i.direction,
                        "unit": i.unit,
                        "denominator": i.denominator,
                        "scale": i.scale,
                        "transformed": spec.transformation_of(i).text,
                        "treated": redirected(spec, i, None).method,
                        "scaled": plain.method,
                        "low_post": plain.goalposts[0] if plain.goalposts and plain.method == "goalposts" else None,
                        "high_post": plain.goalposts[1] if plain.goalposts and plain.method == "goalposts" else None,
                        "target": rule_.target if plain.method in ("target", "percent-of-target") else None,
                        "scale_low": plain.low,
                        "scale_high": plain.high,
                    }
                )

    add(spec.root.id, 0)
    names = list(dict.fromkeys(k for r in rows for k in r))
    return pa.table({n: pa.array([r.get(n) for r in rows]) for n in names})
