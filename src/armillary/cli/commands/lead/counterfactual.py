"""The global lead share if a partner fell away."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, print_json
from armillary.core import guarded
from armillary.errors import InputError


@click.command(epilog="Example: armillary lead counterfactual weights.csv --without US --fraction 0.5")
@click.argument("weights", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--without", required=True, help="The partner whose weight is freed.")
@click.option("--fraction", type=click.FloatRange(0, 1), default=1.0, show_default=True, help="Part of it that is freed.")
@click.option("--domestic", default="Domestic", show_default=True, help="The row that is not a partner.")
@json_option
def command(weights: Path, without: str, fraction: float, domestic: str, as_json: bool) -> None:
    """The global lead share if a partner fell away. WEIGHTS is a CSV with partner,weight,lead_share (empty where unknown)."""
    import pyarrow as pa
    import pyarrow.csv as pacsv

    from armillary.cli.tables import no_nan
    from armillary.studies.leadership.forecast import without_partner

    try:
        strings = pacsv.ConvertOptions(column_types={"partner": pa.string(), "weight": pa.float64(), "lead_share": pa.float64()})
        rows = pacsv.read_csv(guarded.regular(weights), convert_options=strings).to_pylist()
        given = {str(r["partner"]): float(r["weight"]) for r in rows}
        shares = {str(r["partner"]): float(r["lead_share"]) for r in rows if r["lead_share"] is not None}
    except (pa.ArrowException, KeyError, TypeError, ValueError, OSError) as error:
        raise InputError(f"not a table of weights: {error}", where=weights, fix="give a CSV with partner,weight,lead_share") from None
    after, before_share, after_share = without_partner(given, shares, without, fraction=fraction, domestic=domestic)
    if as_json:
        print_json(no_nan({"without": without, "fraction": fraction, "before": before_share, "after": after_share, "weights": after}))
        return
    click.echo(f"global lead share {before_share:.4f}; with {100 * fraction:g} % less of {without}: {after_share:.4f}")
    for name, weight in after.items():
        click.echo(f"  {name:<20}{given[name]:>10.3f} -> {weight:.3f}")
