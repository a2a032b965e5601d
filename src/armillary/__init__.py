"""Armillary: an open observatory of science and innovation."""

__version__ = "0.1.0"
