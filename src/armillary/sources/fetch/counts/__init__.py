"""The world in grouped counts of the OpenAlex API: a few hundred requests instead of half a terabyte."""
