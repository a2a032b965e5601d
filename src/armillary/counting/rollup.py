"""Roll-up: which institutions are counted under which, with weights (METHODS 1.4, 5.5). Rules and corrections are data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from armillary.core import guarded
from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.sectors import typed_institutions
from armillary.errors import SpecError, UnknownNameError

MODES = ("component", "joint", "replicate", "associated", "separate")


@dataclass(frozen=True, slots=True)
class RollupEntry:
    """One reviewed line: ``child`` is counted under ``parent`` in the given mode; ids as ``I123`` or ``ror:...``."""

    child: str
    parent: str | None
    mode: str
    weight: Fraction
    reason: str


@dataclass(frozen=True, slots=True)
class RollupRules:
    """A roll-up file: the rule, the types at which it stops, the names of bodies under which nobody is counted, and the entries."""

    rule: str
    stop_at: tuple[str, ...]
    umbrella: str
    entries: tuple[RollupEntry, ...]


_WEIGHT = re.compile(r"\d{1,4}(/0*[1-9]\d{0,3})?|\d{0,4}\.\d{1,20}")


@cache
def read_rollup(name: str) -> RollupRules:
    """The built-in roll-up ``default``, or a TOML file; :class:`SpecError` says what is wrong."""
    where = name if name.endswith(".toml") else f"registry/rollup/{name}.toml"
    if name.endswith(".toml"):
        path: Any = Path(name)
    elif name == "default":
        path = files("armillary.registry").joinpath("rollup", "default.toml")
    else:
        raise UnknownNameError("roll-up", name, ["none", "default", "FILE.toml"])
    data = guarded.read_toml(path, error=SpecError)
    with guarded.faults(where, kind="roll-up file", error=SpecError):
        return _rules(data, where)


def _rules(data: Mapping[str, Any], where: str) -> RollupRules:
    rule = str(data.get("rule", "none"))
    if rule not in ("none", "parents"):
        raise UnknownNameError("roll-up rule", rule, ["none", "parents"], where=where)
    entries = tuple(_entry(e, i, where) for i, e in enumerate(data.get("entry", []), start=1))
    totals: dict[str, Fraction] = {}
    for e in entries:
        totals[e.child] = totals.get(e.child, Fraction(0)) + e.weight
    for child in {e.child: None for e in entries if e.mode == "joint"}:
        if (total := totals[child]) != 1:
            raise SpecError(f"weights of the parents of {child} add up to {total}, not 1", where=where, fix="credit must be conserved")
    umbrella = str(data.get("umbrella", ""))
    try:
        re.compile(umbrella)
    except re.error as error:
        raise SpecError(f"umbrella is no pattern: {error}", where=where, fix='write umbrella = "^ministry of "') from None
    return RollupRules(rule, tuple(data.get("stop_at", [])), umbrella, entries)


def _entry(entry: Mapping[str, Any], number: int, where: str) -> RollupEntry:
    place = f"{where}, entry {number}"
    mode = str(entry.get("mode", "component"))
    if mode not in MODES:
        raise UnknownNameError("roll-up mode", mode, MODES, where=place)
    if not entry.get("child") or (mode != "separate" and not entry.get("parent")):
        raise SpecError("an entry needs child and parent", where=place, fix='write child = "I123" and parent = "I456" (or ror:... ids)')
    text = str(entry.get("weight", "1"))
    if not _WEIGHT.fullmatch(text):
        raise SpecError(f"weight {text[:40]!r} is no fraction", where=place, fix='write weight = "1/2"')
    weight = Fraction(text)
    if weight <= 0 or weight.numerator != 1:
        raise SpecError(
            f"weight {weight} is not one part of a whole number of parts",
            where=place,
            fix='write weight = "1/2", "1/3", ... or leave it out',
        )
    return RollupEntry(
        str(entry["child"]), str(entry["parent"]) if entry.get("parent") else None, mode, weight, str(entry.get("reason", ""))
    )


def rollup_table(corpus: Corpus, name: str) -> pa.Table:
    """``institution_id, unit_id, parts, mode``: each institution's credit is divided by ``parts`` for that unit. Institutions not listed
    stand for themselves."""

    def build() -> pa.Table:
        rules = read_rollup(name)
        columns = ("institution_id", "ror_id", "sector_type", "name")
        entity = corpus.fetch(typed_institutions(corpus).select(*columns).order_by("institution_id"))
        ids, rors, types, names = (entity[c].to_pylist() for c in columns)
        by_ror = {f"ror:{r}": i for i, r in zip(ids, rors, strict=True) if r}

        def number(given: str) -> int | None:
            return by_ror.get(given) if given.startswith("ror:") else int(given.lstrip("Ii")) if given.lstrip("Ii").isdigit() else None

        fixed: dict[int, list[tuple[int, int, str]]] = {}
        for e in rules.entries:
            child, parent = number(e.child), number(e.parent) if e.parent else None
            if child is None or (e.mode != "separate" and parent is None):
                continue  # names an institution that this observatory does not hold
            fixed.setdefault(child, []).append((parent if parent is not None else child, e.weight.denominator, e.mode))
        out = [(c, u, parts, m) for c, units in fixed.items() for u, parts, m in units]
        if rules.rule == "parents":
            stops = {i for i, t in zip(ids, types, strict=True) if t in rules.stop_at}
            stops |= {c for c, units in fixed.items() if units[0][2] == "separate"}
            # nobody is counted under a body that nobody names, or under one that holds agencies of all kinds
            heads = {i for i, n in zip(ids, names, strict=True) if n and not (rules.umbrella and re.search(rules.umbrella, n.casefold()))}
            tops = _tops(corpus, stops, set(fixed), heads)
            out += [(c, u, parts, "component") for c, shares in tops.items() for u, parts in shares if c != u]
        out.sort()
        parts_of = list(zip(*out, strict=True)) if out else [(), (), (), ()]
        kinds = (pa.int64(), pa.int64(), pa.int64(), pa.string())
        return pa.table(
            [pa.array(c, k) for c, k in zip(parts_of, kinds, strict=True)], names=["institution_id", "unit_id", "parts", "mode"]
        )

    table: pa.Table = corpus.value(f"rollup:{name}", build)
    return table


def _tops(corpus: Corpus, stops: set[int], fixed: set[int], heads: set[int]) -> dict[int, list[tuple[int, int]]]:
    """For each institution the units at the top of its parent relation, as far as they are among ``heads``, with the number of parts its
    credit falls into."""
    edges = corpus.lookup("institution_parent", ("institution_id", "parent_id", "relation"))
    above: dict[int, set[int]] = {}
    direct: dict[int, set[int]] = {}
    for child, parent, relation in zip(*(edges[c].to_pylist() for c in edges.column_names), strict=True):
        if child != parent and parent in heads:
            (direct if relation == "parent" else above).setdefault(child, set()).add(parent)
    for child, ancestors in above.items():
        # lineage lists all ancestors; those that are above no other ancestor... of the child are its direct parents
        direct.setdefault(child, {a for a in ancestors if not any(a in above.get(b, ()) for b in ancestors if b != a)})

    def climb(node: int, path: tuple[int, ...]) -> list[tuple[int, int]]:
        parents = sorted(p for p in direct.get(node, ()) if p not in path)
        if node in stops or (path and node in fixed) or not parents:
            return [(node, 1)]
        return [(top, parts * len(parents)) for p in parents for top, parts in climb(p, (*path, node))]

    return {child: _merged(climb(child, ())) for child in sorted(direct) if child not in fixed}


def _merged(shares: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join parts that reach the same unit by two ways, as far as the sum is again one part of a whole number of parts."""
    sums: dict[int, Fraction] = {}
    for unit, parts in shares:
        sums[unit] = sums.get(unit, Fraction(0)) + Fraction(1, parts)
    if all(s.numerator == 1 for s in sums.values()):
        return [(u, s.denominator) for u, s in sorted(sums.items())]
    return sorted(shares)


def rolled_up(corpus: Corpus, recipe: Recipe, rows: ir.Table) -> ir.Table:
    """Author rows with ``unit_id`` set by the roll-up and ``share_of`` multiplied by the parts (5.4). Credit is conserved."""
    table = rollup_table(corpus, recipe.rollup)
    if table.num_rows == 0:
        return rows.mutate(unit_id=rows.institution_id)
    mapping = ibis.memtable(table)
    plain = mapping.filter(_.mode != "associated").select("institution_id", "unit_id", "parts")
    linked = mapping.filter(_.mode == "associated").select("institution_id", "unit_id")
    is_linked = rows.institution_id.isin(linked.institution_id)
    own = rows.filter(~is_linked | rows.institution_id.isnull()).left_join(plain, "institution_id")
    own = own.mutate(unit_id=ibis.coalesce(own.unit_id, own.institution_id), share_of=own.share_of * own.parts.fill_null(1))
    columns = [*rows.columns, "unit_id"]
    own = own.select(columns)
    present = own.select("work_id", "period", "unit_id").distinct()
    hosts = rows.filter(is_linked).join(linked, "institution_id").join(present, ["work_id", "period", "unit_id"])
    key = ["work_id", "period", "author_seq", "institution_id"]
    n_hosts = hosts.select(*key, "unit_id").distinct().group_by(key).agg(n_hosts=_.count())
    shared = hosts.join(n_hosts, key)
    shared = shared.mutate(share_of=shared.share_of * shared.n_hosts).select(columns)
    alone = rows.filter(is_linked).anti_join(n_hosts, key)
    return own.union(shared).union(alone.mutate(unit_id=alone.institution_id).select(columns))
