"""Profiles over the sustainable development goals."""
