"""Check a sentence: what it says, what the evidence at hand says, and by which definition. Needs no observatory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.common import json_option, print_json


@click.command(
    epilog='Examples: armillary ask "India is the third largest producer of scientific papers"; armillary ask "Südkorea gibt mehr als '
    '4 Prozent des BIP für Forschung aus" --date 2025-09-01; armillary ask "2024年中国研发经费投入超过3.6万亿元" --json'
)
@click.argument("sentence")
@click.option("--date", default="", metavar="DATE", help="Of the article: 2025-09-01, 2025-09 or 2025.")
@click.option("--about", default="", metavar="TEXT", help="Title of the article, for what the sentence does not say itself.")
@click.option("--language", type=click.Choice(["en", "de", "es", "fr", "zh"]), help="Of the sentence.  [default: recognised]")
@click.option("--observatory", type=click.Path(path_type=Path, file_okay=False), help="Also judge by the rankings of this observatory.")
@json_option
def command(sentence: str, date: str, about: str, language: str | None, observatory: Path | None, as_json: bool) -> None:
    """Judge SENTENCE by the tables that ship with the package, and by an observatory of yours."""
    from armillary.audit.ask import ask

    choices: dict[str, Any] = {"date": date, "about": about, "language": language or ""}
    if observatory is None:
        answer = ask(sentence, **choices)
    else:
        from armillary.observatory import open_observatory

        answer = open_observatory(observatory).ask(sentence, **choices)
    if as_json:
        print_json(answer.as_dict())
        return
    from armillary.audit.ask_text import lines

    click.echo("\n".join(lines(answer)))
