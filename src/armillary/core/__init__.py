"""Core: flat, typed, sorted Parquet tables with integer ids, and what is derived from them once for every indicator."""
