"""The files around the code: metadata that agree, workflows and templates that parse and name what exists, no invented address."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def release() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release", ROOT / "scripts" / "release.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_every_file_names_the_same_version(release, capsys):
    assert len(set(release.versions().values())) == 1, release.versions()
    assert release.main(["check", "--tag", "v" + release.versions()["pyproject.toml"]]) == 0
    assert release.main(["check", "--tag", "v99.0"]) == 1
    assert "disagree" in capsys.readouterr().err


def test_the_changelog_has_notes_for_the_release(release):
    assert "armillary" in release.notes() and "## " not in release.notes().replace("### ", "")


def test_addresses_come_with_the_release(release):
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "urls" not in tomllib.loads(text)["project"]
    made = tomllib.loads(release.with_urls(text, "https://host.example/owner/armillary/"))["project"]
    assert made["urls"]["Issues"] == "https://host.example/owner/armillary/issues"
    assert made["scripts"] == tomllib.loads(text)["project"]["scripts"]


def test_metadata_say_the_same(release):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    cff, zenodo = load("CITATION.cff"), json.loads((ROOT / ".zenodo.json").read_text(encoding="utf-8"))
    codemeta = json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8"))
    assert cff["cff-version"] == "1.2.0" and {"message", "title", "authors"} <= cff.keys()
    assert cff["license"] == zenodo["license"] == project["license"] == codemeta["license"].rsplit("/", 1)[-1]
    assert cff["keywords"] == zenodo["keywords"] == codemeta["keywords"] == project["keywords"]
    assert cff["title"] == zenodo["title"] and codemeta["description"] == project["description"]
    assert f"## {cff['version']} - {cff['date-released']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert cff["date-released"] == codemeta["datePublished"]


def test_ci_runs_what_a_person_runs():
    jobs = load(".github/workflows/ci.yml")["jobs"]
    assert jobs["checks"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    steps = " ".join(step.get("run", "") for job in jobs.values() for step in job["steps"])
    assert ".ci/run" in steps and (ROOT / ".ci" / "run").stat().st_mode & 0o100
    targets = re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert set(re.findall(r"\bmake ([a-z-]+)", steps)) <= set(targets)
    assert all((ROOT / script).is_file() for script in re.findall(r"scripts/\w+\.py", steps))


def test_hooks_are_local_and_check_what_lint_checks():
    (local,) = load(".pre-commit-config.yaml")["repos"]
    assert local["repo"] == "local"
    entries = {h["entry"].replace("--force-exclude", "").strip() for h in local["hooks"]}
    assert entries == {".venv/bin/ruff format", ".venv/bin/ruff check"}


@pytest.mark.parametrize("name", sorted(p.name for p in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if p.name != "config.yml"))
def test_issue_forms_have_what_a_form_needs(name):
    form = load(f".github/ISSUE_TEMPLATE/{name}")
    assert {"name", "description", "body"} <= form.keys()
    for item in form["body"]:
        assert item["type"] in ("input", "textarea") and item["id"] and item["attributes"]["label"]


def test_no_address_is_invented():
    """No host of the project's own is known; standards and the build's own variables are all that may stand there."""
    known = ("https://doi.org/", "https://spdx.org/")
    around = [*ROOT.glob("*.md"), *ROOT.glob("*.cff"), *ROOT.glob("*.json"), ROOT / ".zenodo.json", *(ROOT / ".github").rglob("*.*")]
    found = [(p.name, u) for p in around for u in re.findall(r"https?://[^\s)\"'<>]+", p.read_text(encoding="utf-8"))]
    assert [u for u in found if not u[1].startswith(known) and u[0] not in ("README.md", "CHANGELOG.md")] == []
