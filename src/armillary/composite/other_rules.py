"""Which other rule would explain a table most of which does not follow."""

from __future__ import annotations

from dataclasses import dataclass, replace

from armillary.composite.intervals import Span
from armillary.composite.moved import followers
from armillary.composite.published import PublishedTable
from armillary.composite.spec import IndexSpec, nodes
from armillary.composite.steps.normalise import Normalisation


@dataclass(frozen=True, slots=True, eq=False)
class OtherRule:
    """A rule under which ``followers`` totals follow, and what the parts then allow."""

    followers: int
    text: str
    spans: dict[str, Span]


def other_rule(spec: IndexSpec, table: PublishedTable, bad: int, checked: int) -> OtherRule | None:
    """Another rule under which more of the table follows: other means, equal weights, other scales, the best at 100."""
    means = {spec.aggregation_of(g.id).method for g in spec.groups}
    tries: list[tuple[str, IndexSpec]] = []
    for m in ("arithmetic", "geometric", "harmonic", "median"):
        groups = tuple(replace(g, aggregation=replace(spec.aggregation_of(g.id), method=m)) for g in spec.groups)
        if means != {m}:
            tries.append((f"all means were {m}", replace(spec, groups=groups)))
        top = tuple(replace(g, aggregation=replace(spec.aggregation_of(g.id), method=m)) if g.parent is None else g for g in spec.groups)
        if spec.aggregation_of(spec.root.id).method != m and len(spec.groups) > 1:
            tries.append((f"the mean at the top were {m}", replace(spec, groups=top)))
    if len({p.weight for p in nodes(spec.groups, spec.indicators)}) > 1:
        even = tuple(replace(g, weight=1.0) for g in spec.groups)
        leaves = tuple(replace(i, weight=1.0) for i in spec.indicators)
        tries.append(("all weights were equal", replace(spec, groups=even, indicators=leaves)))
    if spec.rescaling is None:
        tries.append(("the best total were set to 100", replace(spec, rescaling=Normalisation("best"), rescale_levels=spec.levels[:1])))
    else:
        tries.append(("the totals were not rescaled", replace(spec, rescaling=None)))
    if all(i.normalisation is None for i in spec.indicators):
        for m in ("none", "min-max", "best"):
            if m != spec.normalisation.method:
                tries.append((f"the parts were scaled by '{m}'", replace(spec, normalisation=replace(spec.normalisation, method=m))))
    if spec.imputation.method != "none":
        tries.append(("missing parts were left out", replace(spec, imputation=replace(spec.imputation, method="none"))))
    best = OtherRule(checked - bad, "", {})
    for text, other in tries:
        follows, spans = followers(other, table)
        if follows > best.followers:
            best = OtherRule(follows, text, spans)
    return best if best.text else None
