"""The trained lead-author model: features, labels, trees, card."""
