"""Research Organization Registry: where organisations are, what they are, and what they belong to."""
