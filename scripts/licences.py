"""The licence of every package of the lock file, as the installed package states it; exit code 1 for one that is not on the list below.

    python scripts/licences.py requirements.lock [--table]

Packages of the lock that are not installed here (another system's) are named and not judged.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

ALLOWED = (
    *("Apache-2.0", "MIT", "MIT-0", "MIT-CMU", "HPND", "BSD", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "ISC", "Zlib", "BSL-1.0"),
    *("Unlicense", "PSF-2.0", "Python-2.0", "CNRI-Python", "MPL-2.0", "CC0-1.0", "Unicode-3.0", "BlueOak-1.0.0"),
    *("LGPL-2.1", "LGPL-3.0", "NCSA"),
)
"""SPDX names that Apache-2.0 code may depend on. LGPL only as a package that is imported unchanged."""
_SPOKEN = {
    r"apache": "Apache-2.0",
    r"\bmit\b|expat": "MIT",
    r"mpl|mozilla": "MPL-2.0",
    r"lgpl|lesser": "LGPL-3.0",
    r"isc\b": "ISC",
    r"bsd": "BSD",
    r"python software foundation|\bpsf": "PSF-2.0",
    r"hpnd|historical permission": "HPND",
    r"zlib": "Zlib",
    r"unlicense|public domain": "Unlicense",
    r"zero-clause|cc0": "CC0-1.0",
}
REVIEWED = {
    "docutils": "public domain and BSD; what is GPL is an Emacs mode that nothing imports (documentation only)",
    "mlcroissant": "Apache-2.0 by its repository, the package states nothing (tests only)",
    "pyphen": "GPL, LGPL or MPL at the user's choice: MPL (extra pdf, through weasyprint)",
    "text-unidecode": "Artistic or GPL at the user's choice: Artistic (tests only)",
}
"""Packages whose words are not on the list, with what was found by reading."""
_PIN = re.compile(r"(?m)^([A-Za-z0-9][A-Za-z0-9._-]*)==")


def stated(name: str) -> str:
    """What a package says of its licence: its SPDX expression, else its classifiers, else its licence field or the head of its file."""
    about = metadata.metadata(name)
    if found := about.get("License-Expression"):
        return found
    classes = [c.rpartition(" :: ")[2] for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    classes = [c for c in classes if c != "OSI Approved"]
    if classes:
        return " AND ".join(classes)
    if (found := about.get("License") or "").strip():
        return found.strip().splitlines()[0][:100]
    for file in metadata.files(name) or []:
        if re.search(r"licen[cs]e|copying", file.name, re.IGNORECASE):
            return " ".join(file.locate().read_text(encoding="utf-8", errors="replace").split())[:100]
    return "unknown"


def is_allowed(text: str) -> bool:
    """Whether every licence that must be kept (one of those of an OR) is on the list."""
    parts = [p.strip("() ") for p in re.split(r"\s+AND\s+", text)]
    return all(any(_known(choice) for choice in re.split(r"\s+OR\s+", part)) for part in parts)


def _known(text: str) -> bool:
    plain = re.sub(r"-(only|or-later)$", "", re.sub(r"\s+WITH\s+.*", "", text.strip("() ")))
    if plain in ALLOWED:
        return True
    if re.search(r"(?<!l)gpl|(?<!lesser )general public|affero|non-?commercial|proprietary", plain, re.IGNORECASE):
        return bool(re.search(r"lgpl|lesser", plain, re.IGNORECASE))
    return any(re.search(pattern, plain, re.IGNORECASE) for pattern in _SPOKEN)


def packages(lock: str) -> Iterator[tuple[str, str | None]]:
    """Names of a lock file with what they state; None for what is not installed."""
    for name in _PIN.findall(lock):
        try:
            yield name, stated(name)
        except metadata.PackageNotFoundError:
            yield name, None


def main() -> int:
    """Judge a lock file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lock", type=Path)
    parser.add_argument("--table", action="store_true", help="print every package")
    given = parser.parse_args()
    found = dict(packages(given.lock.read_text(encoding="utf-8")))
    bad = {n: s for n, s in found.items() if s is not None and n not in REVIEWED and not is_allowed(s)}
    missing = [n for n, s in found.items() if s is None]
    for name, said in sorted(found.items() if given.table else bad.items()):
        print(f"{name:30} {said}{'   NOT ON THE LIST' if name in bad else ''}")
    print(f"{len(found)} packages, {len(bad)} with a licence that is not on the list, not installed: {', '.join(missing) or 'none'}")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
