"""Tag works with goals by transparent queries, or show why one work is tagged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pyarrow as pa

from armillary.cli.common import json_option, observatory_option, print_json, quiet_option
from armillary.core import durable


@click.command("classify", help=__doc__, epilog="Example: armillary sdg classify --out goals.parquet")
@click.option("--queries", type=click.Path(path_type=Path), help="A folder with your own query files (default: the reviewed ones).")
@click.option("--out", type=click.Path(path_type=Path), help="Write work_id, sdg_id, score, queries to a .parquet or .csv file.")
@click.option("--text", help="Classify this text instead of the observatory, and say why.")
@click.option("--work", metavar="WORK", help="Say why this work (W123) is tagged.")
@observatory_option
@json_option
@quiet_option
def command(
    queries: Path | None, out: Path | None, text: str | None, work: str | None, observatory: Path, as_json: bool, quiet: bool
) -> None:
    """Classify and count works a goal."""
    import armillary as arm
    from armillary.counting.goals.classifier import Classifier
    from armillary.counting.goals.queries import load_queries
    from armillary.counting.goals.tags import texts, texts_of
    from armillary.errors import UnknownNameError, UsageError

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
    works, tagged, counts = 0, 0, Counter[int]()
    with _writer(out) as write:
        for ids, titles, abstracts in texts(corpus):
            table = classifier.classify(ids, titles, abstracts)
            write(table)
            works += len(ids)
            tagged += len(set(table["work_id"].to_pylist()))
            counts.update(table["sdg_id"].to_pylist())
    if as_json:
        print_json({"classifier": classifier.version, "works": works, "tagged": tagged, "goals": {g: counts[g] for g in names}})
    elif not quiet:
        click.echo(f"{classifier.version}: {tagged:,} of {works:,} works tagged")
        for goal, name in names.items():
            click.echo(f"  {counts[goal]:>9,}  goal {goal:>2}  {name}")


@contextmanager
def _writer(out: Path | None) -> Iterator[Callable[[pa.Table], None]]:
    """Rows into the file batch by batch, so that memory does not grow with the observatory; the file appears when it is whole."""
    if out is None:
        yield lambda table: None
        return
    import pyarrow.csv as pacsv
    import pyarrow.parquet as pq

    from armillary.counting.goals.classifier import SCHEMA

    with durable.whole(out) as partial:
        make = pacsv.CSVWriter(partial, SCHEMA) if out.suffix == ".csv" else pq.ParquetWriter(partial, SCHEMA, compression="zstd")
        with make as writer:
            yield writer.write_table
