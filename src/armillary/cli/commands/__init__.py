"""One module a command (``rank.py`` is ``armillary rank``), one package a group (``ingest/ror.py`` is ``armillary ingest ror``).

Each module has a one-line docstring (its help line) and a click command named ``command``.
"""
