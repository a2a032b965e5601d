"""What a release needs: one version in every file that names it, the notes of the changelog, and the address of the repository.

python scripts/release.py check [--tag v1.2.3]   fails if files disagree or the changelog has no such section
python scripts/release.py notes                  prints the changelog's section of the version
python scripts/release.py urls ADDRESS           writes [project.urls] into pyproject.toml

The address is given by whoever hosts the repository, when the release is built; no file in it invents one.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
URLS = {"Source": "", "Documentation": "/tree/main/docs", "Changelog": "/blob/main/CHANGELOG.md", "Issues": "/issues"}


def versions(root: Path = ROOT) -> dict[str, str]:
    """The version as each file gives it ("" where it gives none)."""

    def found(name: str, pattern: str) -> str:
        m = re.search(pattern, (root / name).read_text(encoding="utf-8"), re.MULTILINE)
        return m[1] if m else ""

    code = "src/armillary/version.py" if (root / "src/armillary/version.py").exists() else "src/armillary/__init__.py"
    return {
        "pyproject.toml": tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"],
        code: found(code, r'^__version__ = "([^"]+)"'),
        "CITATION.cff": found("CITATION.cff", r"^version: (\S+)"),
        **{name: json.loads((root / name).read_text(encoding="utf-8"))["version"] for name in ("codemeta.json", ".zenodo.json")},
        "CHANGELOG.md": found("CHANGELOG.md", r"^## (\d\S*)"),
    }


def notes(root: Path = ROOT) -> str:
    """The section of the newest release in the changelog."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    m = re.search(r"(?ms)^## \d[^\n]*\n(.*?)(?=^## |\Z)", text)
    return m[1].strip() + "\n" if m else ""


def with_urls(pyproject: str, address: str) -> str:
    """The text of pyproject.toml with ``[project.urls]`` below that address; the table must not be there yet."""
    if re.search(r"(?m)^\[project\.urls\]", pyproject):
        raise SystemExit("pyproject.toml has [project.urls] already")
    base = address.rstrip("/")
    table = "".join(f'{name} = "{base}{path}"\n' for name, path in URLS.items())
    return re.sub(r"(?m)^(?=\[project\.scripts\])", lambda _: f"[project.urls]\n{table}\n", pyproject, count=1)


def main(argv: list[str] | None = None) -> int:
    """Run one of the three commands; 1 if the check fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = parser.add_subparsers(dest="what", required=True)
    sub.add_parser("check").add_argument("--tag", default="")
    sub.add_parser("notes")
    sub.add_parser("urls").add_argument("address")
    given = parser.parse_args(argv)
    if given.what == "notes":
        sys.stdout.write(notes())
        return 0
    if given.what == "urls":
        path = ROOT / "pyproject.toml"
        path.write_text(with_urls(path.read_text(encoding="utf-8"), given.address), encoding="utf-8")
        return 0
    found = versions()
    tag = {"tag": given.tag.removeprefix("v")} if given.tag else {}
    bad = len({*found.values(), *tag.values()}) > 1
    sys.stdout.write("".join(f"{v or 'none':10} {name}\n" for name, v in {**found, **tag}.items()))
    if bad:
        sys.stderr.write("the files disagree about the version\n")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
