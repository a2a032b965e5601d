"""Cubes: exact sums of num, den and works by unit, year, field and type, kept beside the records; rankings that are sums of them are
answered from them, with the same whole numbers."""
