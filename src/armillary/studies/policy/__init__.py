"""Policy uptake: which works policy documents cite, and the tables of who cites whom (METHODS 7.3)."""
