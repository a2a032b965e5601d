"""Places: points, rules, polygons, populated places, regions, and which place an institution has."""
