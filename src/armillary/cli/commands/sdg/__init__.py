"""Sustainable Development Goals: classify works, evaluate a classification, profile units."""
