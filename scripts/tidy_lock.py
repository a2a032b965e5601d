"""Take the project itself out of a lock file (extras that name each other bring it in): names, versions and hashes of others only."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def tidy(text: str) -> str:
    """The lock without the block of the project and without any address."""
    text = re.sub(r"(?m)^# WARNING:[^\n]*\n(?:#[^\n]*\n)*(?=armillary )", "", text)
    text = re.sub(r"(?m)^armillary @ [^\n]*\n(?:    #[^\n]*\n)*", "", text)
    if re.search(r"https?://|file://", text):
        raise SystemExit("an address is left in the lock file; look at it by hand")
    return text


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(tidy(path.read_text(encoding="utf-8")), encoding="utf-8")
