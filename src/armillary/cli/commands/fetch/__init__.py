"""Fetch open records over the network."""
