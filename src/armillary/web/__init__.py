"""The pages and the API over an observatory. Nothing here computes a number: every page shows what the rooms above it return."""
