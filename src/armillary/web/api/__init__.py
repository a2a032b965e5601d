"""The HTTP interface, one module a version."""
