"""Highly cited candidates: an algorithmic long-list by stated rules, never a judgement about a person (METHODS 6)."""
