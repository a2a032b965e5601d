"""One function a chart. Each takes a plain table and returns an ``altair.Chart``; theme, palette and saving are in ``charts.base``."""
