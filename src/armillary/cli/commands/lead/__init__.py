"""Who leads joint research: balances, forecasts, the lead-author model."""
