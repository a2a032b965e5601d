"""Fetch open records over the network: the OpenAlex API and snapshot, ROR, country series. Nothing here runs unless it is asked to."""
