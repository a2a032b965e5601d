"""Policy documents and the works they cite: plain tables, BibTeX bibliographies and Overton-style exports into two core tables."""
