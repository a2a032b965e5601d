"""The dossier as data (facts and tables), as JSON and as Markdown; `reports/dossier.py` makes the page of it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any

from armillary.errors import printable

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class DossierPart:
    """One part of a dossier: facts (label, value) and a table. ``note`` says what the numbers are; ``empty`` what is missing and why."""

    id: str
    title: str
    facts: tuple[tuple[str, Cell], ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    note: str = ""
    empty: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing but the reason why there is nothing."""
        return not self.facts and not self.rows


@dataclass(frozen=True, slots=True)
class Dossier:
    """``kind`` is work, subject or query; ``id`` finds it again; ``warnings`` come before everything else."""

    kind: str
    id: str
    title: str
    subtitle: str
    sections: tuple[DossierPart, ...]
    warnings: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)

    def section(self, id: str) -> DossierPart:
        """The section of that id."""
        return next(s for s in self.sections if s.id == id)

    def as_dict(self) -> dict[str, Any]:
        """Plain values; rows as dictionaries."""
        out = asdict(self)
        for part, s in zip(out["sections"], self.sections, strict=True):
            part["facts"] = dict(s.facts)
            part["rows"] = [dict(zip(s.columns, row, strict=True)) for row in s.rows]
        return out

    def to_json(self) -> str:
        """Everything, unrounded."""
        return json.dumps(self.as_dict(), ensure_ascii=False, indent=1, default=str) + "\n"

    def to_markdown(self) -> str:
        """A page in Markdown, rounded for reading."""
        lines = [f"# {_line(self.title)}", "", _line(self.subtitle), ""]
        lines += [f"> **Note.** {_line(w)}" for w in self.warnings] + ([""] if self.warnings else [])
        for s in self.sections:
            lines += [f"## {s.title}", ""]
            if s.is_empty:
                lines += [s.empty or "Nothing known.", ""]
                continue
            lines += [f"* {label}: {_line(show(value))}" for label, value in s.facts if value is not None]
            lines += [""] if s.facts else []
            if s.rows:
                lines += ["| " + " | ".join(s.columns) + " |", "|" + "---|" * len(s.columns)]
                lines += ["| " + " | ".join(map(_line, row)) + " |" for row in row_texts(s)]
                lines.append("")
            lines += [f"*{s.note}*", ""] if s.note else []
        lines += [self.foot, ""]
        return "\n".join(lines)

    @property
    def foot(self) -> str:
        """What the dossier was made from."""
        data = self.data.get("data", {})
        parts = [f"Data: {data.get('name')}", f"snapshot {data.get('snapshot_date')}", f"digest {str(data.get('digest'))[:12]}"]
        if data.get("synthetic"):
            parts.append("synthetic world, every name and number is invented")
        return ", ".join(parts) + f". Made by Armillary for {self.kind} {self.id}."


def row_texts(s: DossierPart) -> list[list[str]]:
    """The rows of a section as text; the reals of a column have the same digits after the point."""
    real = [any(isinstance(r[i], float) and not float(r[i] or 0).is_integer() for r in s.rows) for i in range(len(s.columns))]
    return [[show(c, 3 if r and isinstance(c, float) else 0) for c, r in zip(row, real, strict=True)] for row in s.rows]


def show(value: Cell, decimals: int | None = None) -> str:
    """One value for reading: thousands apart; a real with ``decimals`` digits (None: three, or none if it is whole)."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.{(0 if value.is_integer() else 3) if decimals is None else decimals}f}"
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else str(value)


def _line(text: str) -> str:
    return re.sub(r"([|\\`*_<>\[\]])", r"\\\1", " ".join(printable(str(text)).split()))
