"""Sustainable Development Goals: a transparent query classifier, its evaluation, and the contribution measures of METHODS 7."""
