"""What is built and what it stands on: the same bytes twice, licences, nothing that runs what it reads."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def licences() -> ModuleType:
    found = importlib.util.spec_from_file_location("licences", ROOT / "scripts" / "licences.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ("MIT", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("BSD-3-Clause AND MIT", True),
        ("GPL-3.0-or-later OR MIT", True),
        ("GNU Lesser General Public License v2 or later (LGPLv2+)", True),
        ("Apache Software License", True),
        ("GPL-3.0-or-later", False),
        ("GNU General Public License (GPL)", False),
        ("MIT AND GPL-2.0-only", False),
        ("AGPL-3.0-only", False),
        ("unknown", False),
        ("Other/Proprietary License", False),
    ],
)
def test_words_of_licences(licences: ModuleType, said: str, fits: bool) -> None:
    assert licences.is_allowed(said) is fits


def test_every_package_of_the_lock_has_a_licence_on_the_list(licences: ModuleType) -> None:
    lock = (ROOT / "requirements.lock").read_text()
    found = dict(licences.packages(lock))
    bad = {n: s for n, s in found.items() if s is not None and n not in licences.REVIEWED and not licences.is_allowed(s)}
    assert len(found) > 100 and bad == {}
    assert set(licences.REVIEWED) <= set(found), "a review that nothing needs any more"


def test_the_rules_against_running_what_is_read_are_on() -> None:
    """ruff's S rules (those of bandit): no pickle, eval, exec, shell, unsafe YAML, weak TLS; `make lint` runs them and the licences."""
    import tomllib

    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert "S" in rules["select"] and [r for r in rules["ignore"] if r.startswith("S") and not r.startswith("SIM")] == ["S101"]
    excused = {p: [r for r in found if r.startswith("S")] for p, found in rules["per-file-ignores"].items() if p.startswith("src/")}
    assert {r for found in excused.values() for r in found} <= {"S608", "S704"}
    lint = (ROOT / "Makefile").read_text().split("\nlint:")[1].split("\n\n")[0]
    assert "ruff check" in lint and "licences.py" in lint
    risky = re.compile(r"(?m)^\s*(import|from) (pickle|marshal|shelve|dill|joblib|yaml)\b|(?<![\w.])(eval|exec)\(|\bos\.system\(")
    for path in (ROOT / "src").rglob("*.py"):
        assert not risky.search(re.sub(r'"[^"\n]*"|#.*', "", path.read_text(encoding="utf-8"))), path


@pytest.mark.slow
@pytest.mark.parametrize("target", ["wheel", "sdist"])
def test_the_same_bytes_twice(tmp_path: Path, target: str) -> None:
    """From two copies of the tree, of other dates and rights, in folders of other names."""
    built = []
    for name, mode in (("one", 0o644), ("another", 0o664)):
        tree = tmp_path / name
        kept = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
        for file in filter(None, kept):
            if (ROOT / file).is_file():
                (tree / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / file, tree / file)
                (tree / file).chmod(mode)
        done = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(tmp_path / f"{name}-dist")]
        subprocess.run(done, cwd=tree, check=True, capture_output=True)
        (found,) = (tmp_path / f"{name}-dist").iterdir()
        built.append((found.name, found.read_bytes()))
    assert built[0] == built[1]
