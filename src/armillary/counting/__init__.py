"""Which works count, and for whom: filters, scopes, subjects; counting methods, credits, roll-up; citations, cells; units."""
