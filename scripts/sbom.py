"""Software bill of materials of a release (CycloneDX 1.6, JSON) from the lock file: names, versions, hashes, what asked for each.

    python scripts/sbom.py requirements.lock --version 0.1.0 > sbom.json

The same lock file gives the same bytes; nothing is asked of the network.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import uuid
from pathlib import Path
from typing import Any

_PIN = re.compile(r"(?m)^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s\\;]+)[^\n]*\n((?:    [^\n]*\n?)*)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_VIA = re.compile(r"#\s+(?:via\s+)?([A-Za-z0-9][A-Za-z0-9._-]*)\s*$", re.MULTILINE)


def purl(name: str, version: str) -> str:
    """Package URL; names are normalised as PyPI does."""
    return f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"


def sbom(lock: str, version: str) -> dict[str, Any]:
    """The document; raises ``ValueError`` for a package without a hash."""
    components, needed_by = [], {}
    for name, pinned, rest in _PIN.findall(lock):
        hashes = sorted(_HASH.findall(rest))
        if not hashes:
            raise ValueError(f"{name}=={pinned} has no hash in the lock file")
        ref = purl(name, pinned)
        # one hash a distribution file: they are alternatives, so they stand as the files that may be installed
        files = [{"type": "distribution", "url": ref, "hashes": [{"alg": "SHA-256", "content": h}]} for h in hashes]
        components.append({"type": "library", "bom-ref": ref, "name": name, "version": pinned, "purl": ref, "externalReferences": files})
        needed_by[ref] = {v for v in _VIA.findall(rest) if v != "via"}
    by_name = {c["name"]: c["bom-ref"] for c in components}
    root = purl("armillary", version)
    edges: dict[str, set[str]] = {root: set(), **{c["bom-ref"]: set() for c in components}}
    for ref, names in needed_by.items():
        for name in names:
            edges[by_name.get(name, root)].add(ref)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "serialNumber": f"urn:uuid:{uuid.UUID(hashlib.sha256((version + lock).encode()).hexdigest()[:32], version=4)}",
        "metadata": {"component": {"type": "application", "bom-ref": root, "name": "armillary", "version": version, "purl": root}},
        "components": components,
        "dependencies": [{"ref": r, "dependsOn": sorted(d)} for r, d in edges.items()],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lock", type=Path)
    parser.add_argument("--version", required=True)
    given = parser.parse_args()
    print(json.dumps(sbom(given.lock.read_text(encoding="utf-8"), given.version), indent=1))
