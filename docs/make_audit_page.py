"""Write docs/audit-of-five-articles.md from the claims file and the typed-in facts; the same input gives the same page.

    python docs/make_audit_page.py [--check]

With --check nothing is written: exit 1 if the page is not what it should be.
"""

from __future__ import annotations

import sys
from pathlib import Path

PAGE = Path(__file__).parent / "audit-of-five-articles.md"


def text() -> str:
    from armillary.audit.audit import audit
    from armillary.audit.language import builtin, read
    from armillary.audit.text import markdown

    path = builtin("articles")
    assert path is not None
    return markdown(audit(read(path)))


def main() -> int:
    page = text()
    if "--check" in sys.argv:
        same = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page
        print("as it should be" if same else f"{PAGE} is out of date; run python docs/make_audit_page.py")
        return 0 if same else 1
    PAGE.write_text(page, encoding="utf-8")
    print(f"written: {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
