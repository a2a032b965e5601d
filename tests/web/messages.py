"""Every text of the pages that is marked for translation, read from templates and modules with Babel."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from babel.messages.extract import extract_from_file

WEB = Path(str(files("armillary.web")))


def messages() -> dict[str, str]:
    """Message -> where it is first used."""
    found: dict[str, str] = {}
    for path in sorted([*WEB.rglob("*.py"), *WEB.joinpath("templates").glob("*.html")]):
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        keywords = {"_": None, "N_": None, "gettext": None}
        options = {} if path.suffix == ".py" else {"silent": "false"}
        for line, message, _comments, _context in extract_from_file(method, path, keywords=keywords, options=options):
            for text in message if isinstance(message, tuple) else (message,):
                if text:
                    found.setdefault(text, f"{path.name}:{line}")
    return found
