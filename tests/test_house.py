"""The house (docs/design/architecture.md): rooms stand in one order, files in no circle, public signatures change on purpose.

All imports are read, those inside functions and under TYPE_CHECKING too. After a change of a public signature that is meant, write the
list anew: ``python tests/test_house.py``.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "armillary"
PLAN = ROOT / "docs" / "design" / "architecture.md"
SIGNATURES = Path(__file__).with_name("public_signatures.json")


def modules() -> dict[str, Path]:
    out = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        out[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return out


MODULES = modules()


def imported(path: Path) -> set[str]:
    """Modules of the package that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            whole = node.module or ""
            found |= {f"{whole}.{a.name}" if f"{whole}.{a.name}" in MODULES else whole for a in node.names}
    return found & set(MODULES)


GRAPH = {name: imported(path) - {name} for name, path in MODULES.items()}


def room(module: str) -> str:
    return [*module.split("."), "__init__"][1]


def floors() -> list[list[str]]:
    """Rooms by floor, the lowest first: the list under "Rooms" in the plan, a floor a line; what is indented further lies inside a room."""
    listed = PLAN.read_text(encoding="utf-8").split("## Rooms", 1)[1].split("```")[1]
    named = re.findall(r"^  ([a-z]\S*(?: [a-z_]+\.py)?)", listed.split("tests/")[0], re.MULTILINE)
    return [[re.split(r"[./]", word)[0] for word in line.split()] for line in named]


def circles() -> list[list[str]]:
    """Groups of files that import each other, by Tarjan's algorithm."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    out: list[list[str]] = []

    def visit(v: str) -> None:
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in sorted(GRAPH[v]):
            if w not in index:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in stack:
                low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            group = stack[stack.index(v) :]
            del stack[stack.index(v) :]
            if len(group) > 1:
                out.append(sorted(group))

    for name in GRAPH:
        if name not in index:
            visit(name)
    return out


def test_no_circle_of_files() -> None:
    assert circles() == []


def test_every_room_is_on_the_plan_once() -> None:
    named = Counter(r for floor in floors() for r in floor)
    there = {room(m) for m in MODULES} - {"__init__", "__main__"}
    assert set(named) == there
    assert max(named.values()) == 1


def test_imports_go_down_only() -> None:
    level = {r: n for n, floor in enumerate(floors()) for r in floor}
    # the package itself hands out names of the door, so it stands beside it; running it is the command line
    level |= {"__init__": level["observatory"], "__main__": level["cli"]}
    up = [
        f"{module} imports {target}"
        for module, targets in GRAPH.items()
        for target in sorted(targets)
        if room(target) != room(module) and level[room(target)] > level[room(module)]
    ]
    assert up == []


def test_every_module_is_reached() -> None:
    """A module that nobody imports and that is no command, page, API, indicator or tool run by name is dead."""
    loaded_by_name = ("cli.commands", "web.pages", "web.api", "indicators", "__main__", "cli.main")
    reached = {t for targets in GRAPH.values() for t in targets}
    used = (ROOT / "pyproject.toml").read_text(encoding="utf-8") + "".join(
        p.read_text(encoding="utf-8") for d in ("tests", "docs", "benchmarks", "scripts") for p in (ROOT / d).rglob("*.py")
    )
    dead = [
        m
        for m, path in MODULES.items()
        if m not in reached and path.name != "__init__.py" and not any(f"armillary.{n}" in m for n in loaded_by_name) and m not in used
    ]
    assert dead == []


def test_no_module_is_long() -> None:
    long = {m: n for m, p in MODULES.items() if (n := len(p.read_text(encoding="utf-8").splitlines())) > 500}
    assert long == {}


def test_all_rooms_say_what_they_are() -> None:
    silent = [
        m
        for m, p in MODULES.items()
        if not (ast.get_docstring(ast.parse(p.read_text(encoding="utf-8"))) or "").removeprefix("TODO").strip(" .")
    ]
    assert silent == []


PUBLIC = ("armillary", "armillary.composite", "armillary.observatory", "armillary.indicators", "armillary.errors")


def public_signatures() -> dict[str, str]:
    """Signatures of what users import, and of the public methods of its classes."""
    out: dict[str, str] = {}
    for module in PUBLIC:
        home = importlib.import_module(module)
        names = getattr(home, "__all__", None) or [n for n, v in vars(home).items() if getattr(v, "__module__", "") == module]
        for name in sorted(n for n in names if not n.startswith("_")):
            thing = getattr(home, name)
            if inspect.ismodule(thing) or not callable(thing):
                continue
            out[f"{module}.{name}"] = _signature(thing)
            if inspect.isclass(thing):
                for method, function in inspect.getmembers(thing, callable):
                    if not method.startswith("_") and method in vars(thing):
                        out[f"{module}.{name}.{method}"] = _signature(function)
    return out


def _signature(thing: object) -> str:
    try:
        return str(inspect.signature(thing))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return "(...)"


def test_public_signatures_change_on_purpose() -> None:
    stored = json.loads(SIGNATURES.read_text(encoding="utf-8"))
    assert public_signatures() == stored, "if that is meant: python tests/test_house.py"


if __name__ == "__main__":
    SIGNATURES.write_text(json.dumps(public_signatures(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
