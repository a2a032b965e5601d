"""Venture-capital deals: CSV (id, year or date, latitude, longitude, country, city, amount) into core table ``deal``."""
