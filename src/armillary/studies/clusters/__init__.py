"""Innovation clusters: where inventors and authors are dense, found on the map, named, counted and ranked (METHODS 3)."""
