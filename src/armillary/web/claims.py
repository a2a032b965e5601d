"""Claims files of a site: those in the observatory's folder ``claims/``, and the built-in ones. Judged once for each state of the data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from armillary.audit.audit import Audit, audit
from armillary.audit.language import builtin, builtin_names, read
from armillary.errors import UnknownNameError
from armillary.web.site import Site


def claim_files(site: Site) -> dict[str, Path]:
    """Claims files by name. A name is the stem of a file that is there; nothing else can be asked for."""
    out: dict[str, Path] = {}
    for name in builtin_names():
        path = builtin(name)
        if path is not None:
            out[name] = path
    for path in sorted((site.obs.path / "claims").glob("*.toml")):
        if re.fullmatch(r"[a-z0-9-]{1,60}", path.stem):
            out[path.stem] = path
    return out


def is_builtin(site: Site, name: str) -> bool:
    """Built-in files speak about the real world; on a synthetic site they are judged against published tables alone."""
    return claim_files(site).get(name) == builtin(name)


def judged(site: Site, name: str) -> Audit:
    """The audit of a claims file."""
    files = claim_files(site)
    if name not in files:
        raise UnknownNameError("claims file", name, files)
    alone = is_builtin(site, name) and bool(site.data.get("synthetic"))

    def compute(obs: Any) -> Audit:
        return audit(read(files[name]), None if alone else obs.corpus)

    found: Audit = site.remember(("audit", name, files[name].stat().st_mtime_ns), compute)
    return found
