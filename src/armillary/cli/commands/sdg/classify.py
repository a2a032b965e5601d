"""Tag works with goals by transparent queries, or show why one work is tagged."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json, quiet_option


@click.command("classify", help=__doc__, epilog="Example: armillary sdg classify --out goals.parquet")
@click.option("--queries", type=click.Path(path_type=Path), help="A folder with your own query files (default: the reviewed ones).")
@click.option("--out", type=click.Path(path_type=Path), help="Write work_id, sdg_id, score, queries to a .parquet or .csv file.")
@click.option("--text", help="Classify this text instead of the observatory, and say why.")
@click.option("--work", metavar="WORK", help="Say why this work (W123) is tagged.")
@observatory_option
@json_option
@quiet_option
def command(queries: Path | None, out: Path | None, text: str | None, work: str | None, observatory: Path, as_json: bool,
    quiet: bool) -> None:
    """Classify and count works a goal."""
    import armillary as arm
    from armillary.errors import UnknownNameError, UsageError
    from armillary.sdg.classifier import Classifier
    from armillary.sdg.queries import load_queries
    from armillary.sdg.tags import classify_texts, texts, texts_of

    classifier = Classifier(load_queries(queries))
    names = {g.number: g.name for g in classifier.queries.goals}
    if text or work:
        title, abstract = text, None
        if work:
            number = work.strip().lstrip("Ww")
            found = texts_of(arm.open(observatory).corpus, int(number)) if number.isdigit() else None
            if found is None:
                raise UnknownNameError("work", work, ["W2741809807"])
            title, abstract = found
        why = classifier.explain(title, abstract)
        if as_json:
            goals = [{"goal": w.goal, "name": names[w.goal], "query": w.query, "words": list(w.words)} for w in why]
            print_json({"classifier": classifier.version, "title": title, "goals": goals})
            return
        for w in why:
            click.echo(f"goal {w.goal:>2} {names[w.goal]} / {w.query}: {', '.join(w.words)}")
        if not why:
            click.echo("no query matches")
        return
    if out is not None and out.suffix not in (".parquet", ".csv"):
        raise UsageError(f"cannot write '{out.name}'", fix="end the name in .parquet or .csv")
    corpus = arm.open(observatory).corpus
    n, table = classify_texts(classifier, texts(corpus))
    if out is not None:
        _write(table, out)
    counts = Counter(table["sdg_id"].to_pylist())
    tagged = len(set(table["work_id"].to_pylist()))
    if as_json:
        print_json({"classifier": classifier.version, "works": n, "tagged": tagged, "goals": {g: counts[g] for g in names}})
    elif not quiet:
        click.echo(f"{classifier.version}: {tagged:,} of {n:,} works tagged")
        for goal, name in names.items():
            click.echo(f"  {counts[goal]:>9,}  goal {goal:>2}  {name}")


def _write(table: object, out: Path) -> None:
    import pyarrow.csv as pacsv
    import pyarrow.parquet as pq

    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".csv":
        pacsv.write_csv(table, out)
    else:
        pq.write_table(table, out, compression="zstd")
