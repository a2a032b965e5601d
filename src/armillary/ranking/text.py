"""Rankings as text for people: rounded, with the method named. Markup in names and titles is shown as plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from armillary.core.tabular import escaped, markdown_table
from armillary.core.titles import clean_title
from armillary.ranking.result import Ranking


def rounding(meta: Mapping[str, Any]) -> tuple[bool, int]:
    """How values of a ranking are read, by its ``meta``: whether as percentages, and with how many digits after the point."""
    is_percent = bool(meta.get("percent"))
    return is_percent, PERCENT_DIGITS if is_percent else int(meta.get("decimals", 2))


def shown(name: str, value: Any, meta: dict[str, Any]) -> str:
    """One cell, rounded for reading."""
    if value is None:
        return ""
    if isinstance(value, float) and name == "change":
        return f"{100 * value:+.1f} %"
    if isinstance(value, float):
        is_percent, digits = rounding(meta)
        if not is_percent:
            return f"{value:,.{digits}f}"
        if name in PERCENT_COLUMNS or name.startswith("value_"):
            return f"{100 * value:.{digits}f} %"
        return f"{value:,.{meta.get('decimals', 2)}f}"
    if isinstance(value, int):
        return f"{value:,}" if name not in ("rank", "year") else str(value)
    return clean_title(str(value))


PERCENT_DIGITS = 1
PERCENT_COLUMNS = {"value", "low", "high", "previous"}


def heading(ranking: Ranking) -> list[str]:
    """Title, method, scope and data version, a line each; what is no ranking of works brings its own lines (``meta["heading"]``)."""
    m = ranking.meta
    if "heading" in m:
        return [m["title"], *m["heading"], *(f"note      {n}" for n in m["notes"])]
    d = m["data"]
    subject = f"; subject {m['subject']}" if m["subject"] else ""
    lines = [
        m["title"],
        f"counting  {m['counting']} (split by {m['split']})",
        f"scope     {m['scope']}{subject}; period {m['period']}; {m['records']:,} records",
        f"data      {d['name']}, snapshot {d['snapshot_date']}, classification {d['classification_version']}, digest {d['digest'][:12]}",
        f"recipe    {m['recipe']}   method {m['source']}",
    ]
    return lines + [f"note      {n}" for n in m["notes"]]


def _cells(ranking: Ranking, limit: int | None) -> tuple[list[str], list[list[str]], int]:
    table = ranking.ranked if ranking.ranked.num_rows else ranking.named
    hidden = {"is_aggregate"} | ({"period"} if ranking.recipe.step == 0 else set())
    names = [c for c in table.column_names if c not in hidden]
    rows = table.select(names).to_pylist()
    cut = rows if limit is None else rows[:limit]
    return names, [[shown(n, row[n], ranking.meta) for n in names] for row in cut], len(rows) - len(cut)


def terminal(ranking: Ranking, *, limit: int | None = 20) -> str:
    """For a terminal."""
    names, rows, more = _cells(ranking, limit)
    rest = list(ranking.unassigned.to_pylist())
    widths = [max([len(n), *(len(r[i]) for r in rows)]) for i, n in enumerate(names)]
    right = [i for i, n in enumerate(names) if n not in ("unit_id", "name", "period")]
    lines = [*heading(ranking), ""]
    for row in [names, *rows]:
        lines.append("  ".join(c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))).rstrip())
    if more:
        lines.append(f"... and {more:,} more (--limit 0 for all)")
    if ranking.ranked.num_rows:
        apart = [r for r in rest if r["unit_id"] is not None and r["value"] is not None]
        said = [f"{r['name']} {shown('value', r['value'], ranking.meta)}" for r in apart if r["period"] == apart[-1]["period"]]
        lines += [f"without a rank: {'; '.join(said[:20])}" + (f"; and {len(said) - 20:,} more" if len(said) > 20 else "")] if said else []
    for row in (r for r in rest if r["unit_id"] is None):
        period = f" {row['period']}" if ranking.recipe.step else ""
        lines.append(f"unassigned{period}: {shown('value', row['value'], ranking.meta)}")
    return "\n".join(lines) + "\n"


def markdown(ranking: Ranking, *, limit: int | None = None) -> str:
    """As a Markdown table with the method under it."""
    names, rows, more = _cells(ranking, limit)
    lines = markdown_table(names, rows, text=("unit_id", "name", "period"))
    if more:
        lines.append(f"\n... and {more:,} more.")
    return "\n".join([*lines, "", *(f"*{escaped(line)}*  " for line in heading(ranking))]) + "\n"
