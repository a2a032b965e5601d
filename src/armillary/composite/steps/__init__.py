"""The steps of an index, each usable alone. All work on arrays whose last axis is the units; leading axes are free (columns, draws)."""
