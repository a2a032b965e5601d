"""Composite indices: build, explain, analyse, compare editions, say which ranks are sure, verify published tables."""
