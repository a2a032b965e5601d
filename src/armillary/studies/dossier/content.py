"""The dossier as data (facts and tables) and as JSON, Markdown or one HTML page that needs nothing else."""

from __future__ import annotations

import html
import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Section:
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
    sections: tuple[Section, ...]
    warnings: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)

    def section(self, id: str) -> Section:
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
                lines += ["| " + " | ".join(map(_line, row)) + " |" for row in shown(s)]
                lines.append("")
            lines += [f"*{s.note}*", ""] if s.note else []
        lines += [self._foot(), ""]
        return "\n".join(lines)

    def to_html(self) -> str:
        """One page without scripts, links to elsewhere or fonts from the network; light and dark; prints."""
        body = [f"<h1>{_text(self.title)}</h1>", f"<p class=sub>{_text(self.subtitle)}</p>"]
        body += [f"<p class=warn role=note>{_text(w)}</p>" for w in self.warnings]
        for s in self.sections:
            body.append(f'<section id="{s.id}"><h2>{_text(s.title)}</h2>')
            if s.is_empty:
                body.append(f"<p class=none>{_text(s.empty or 'Nothing known.')}</p>")
            if s.facts:
                pairs = "".join(f"<dt>{_text(k)}</dt><dd>{_text(show(v))}</dd>" for k, v in s.facts if v is not None)
                body.append(f"<dl>{pairs}</dl>")
            if s.rows:
                body.append(_table(s))
            if s.note:
                body.append(f"<p class=note>{_text(s.note)}</p>")
            body.append("</section>")
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{_text(self.title)}</title>\n<style>{_STYLE}</style></head>\n<body><main>\n"
            + "\n".join(body)
            + f"\n<footer>{_text(self._foot())}</footer></main></body></html>\n"
        )

    def _foot(self) -> str:
        data = self.data.get("data", {})
        parts = [f"Data: {data.get('name')}", f"snapshot {data.get('snapshot_date')}", f"digest {str(data.get('digest'))[:12]}"]
        if data.get("synthetic"):
            parts.append("synthetic world, every name and number is invented")
        return ", ".join(parts) + f". Made by Armillary for {self.kind} {self.id}."


def _table(s: Section) -> str:
    """The table of a section; columns of numbers to the right."""
    marks = [" class=n" if all(isinstance(r[i], int | float) or r[i] is None for r in s.rows) else "" for i in range(len(s.columns))]
    head = "".join(f"<th scope=col{m}>{_text(c)}</th>" for c, m in zip(s.columns, marks, strict=True))
    rows = ["".join(f"<td{m}>{_text(c)}</td>" for c, m in zip(row, marks, strict=True)) for row in shown(s)]
    body = "".join(f"<tr>{r}</tr>" for r in rows)
    return f"<div class=t><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def shown(s: Section) -> list[list[str]]:
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
    return re.sub(r"([|\\`*_<>\[\]])", r"\\\1", " ".join(str(text).split()))


def _text(text: str) -> str:
    return html.escape(str(text))


_STYLE = """
:root{color-scheme:light dark;--ink:#0c1c26;--muted:#4d5f6c;--ground:#fff;--line:#dbe2e7;--warn:#8a5300}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf1;--muted:#a3b1bd;--ground:#101820;--line:#2a3844;--warn:#e8b23a}}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem 4rem}h1{font-size:1.7rem;line-height:1.25;margin:0 0 .3rem;text-wrap:balance}
.sub,.note,.none,footer{color:var(--muted)}.sub{margin:0 0 1.5rem}.note,footer{font-size:.875rem}
.warn{border-left:3px solid var(--warn);padding:.3rem .8rem}
section{margin:2rem 0}h2{font-size:1.1rem;margin:0 0 .6rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem;margin:.6rem 0}dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}
.t{overflow-x:auto}table{border-collapse:collapse;font-size:.925rem;min-width:24rem}
th,td{text-align:left;padding:.3rem 1rem .3rem 0;vertical-align:top}
th{color:var(--muted);font-weight:500}tbody tr{border-top:1px solid var(--line)}.n{text-align:right;font-variant-numeric:tabular-nums}
@media(max-width:36rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}}
@media print{main{padding:0;max-width:none}section{break-inside:avoid}}
"""
