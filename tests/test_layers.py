"""The rooms of docs/design/architecture.md: imports go towards core, people-facing rooms are imported by nobody below them."""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src" / "armillary"
FOUNDATION = {"errors", "registry", "__init__", "core"}
RAW = {"sources"}
OUT = {"indicators", "ranking", "composite", "clusters", "models", "people", "sdg", "dossier", "audit", "brief", "policy", "observatory"}
PEOPLE = {"cli", "charts", "web", "__main__"}
WORLD = {"synthetic"}
MAY_IMPORT = {
    **dict.fromkeys(FOUNDATION, FOUNDATION),
    **dict.fromkeys(RAW, FOUNDATION | RAW),
    **dict.fromkeys(OUT, FOUNDATION | OUT),
    **dict.fromkeys(WORLD, FOUNDATION | RAW | WORLD),
    **dict.fromkeys(PEOPLE, FOUNDATION | RAW | OUT | PEOPLE | WORLD),
}
# a result draws itself, and pages of the brief and the audit hold charts: named here so that nothing else does
DOORS = {
    ("ranking", "charts"),
    ("brief", "charts"),
    ("composite", "charts"),
    ("clusters", "charts"),
    ("__init__", "observatory"),
    ("__init__", "ranking"),
    ("audit", "charts"),
    ("brief", "web"),
}


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("armillary"):
            parts = node.module.split(".")
            found |= (
                {parts[1]}
                if len(parts) > 1
                else {a.name for a in node.names if (SOURCE / a.name).is_dir() or (SOURCE / f"{a.name}.py").is_file()}
            )
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("armillary.")}
    return found


def test_every_room_is_on_the_plan() -> None:
    there = {room(p) for p in SOURCE.rglob("*.py")}
    assert there <= set(MAY_IMPORT), f"add {sorted(there - set(MAY_IMPORT))} to the plan"


def test_imports_go_down_only() -> None:
    wrong = []
    for path in sorted(SOURCE.rglob("*.py")):
        mine = room(path)
        for other in sorted(imported_rooms(path) - MAY_IMPORT.get(mine, set()) - {mine}):
            if (mine, other) not in DOORS:
                wrong.append(f"{path.relative_to(SOURCE)} imports {other}")
    assert wrong == []


def test_no_module_is_long() -> None:
    long = {str(p.relative_to(SOURCE)): n for p in SOURCE.rglob("*.py") if (n := len(p.read_text(encoding="utf-8").splitlines())) > 500}
    assert long == {}
