"""Resampling of works: bootstrap, profiles, affiliation error, Poisson draws, rank sets."""
