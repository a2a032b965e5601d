"""Yardsticks of citation impact: the world's cells in one small file, for works that are not the world."""
