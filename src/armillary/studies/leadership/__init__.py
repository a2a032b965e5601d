"""Who leads joint work: balance, null model, pairs, forecast."""
