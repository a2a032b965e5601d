"""Geocoded inventions: PatentsView tables, REGPAT-like tables and plain CSV into ``patent``, ``inventor`` and ``patent_citation``."""
