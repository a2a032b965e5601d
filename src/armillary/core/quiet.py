"""DuckDB's own progress bar is off: it would write over what is printed."""

from __future__ import annotations

from typing import Any


def quiet(connection: Any) -> None:
    """Switch the bar off. In a notebook without ``ipywidgets`` DuckDB can neither draw it nor let it be switched off."""
    import duckdb

    try:
        connection.execute("SET enable_progress_bar = false")
    except duckdb.InvalidInputException:
        return
