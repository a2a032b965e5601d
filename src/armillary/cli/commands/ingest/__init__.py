"""Read raw files into the observatory."""
