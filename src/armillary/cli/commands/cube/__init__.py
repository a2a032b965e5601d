"""Exact sums of the usual rankings, kept beside the records so that pages need not read them."""
