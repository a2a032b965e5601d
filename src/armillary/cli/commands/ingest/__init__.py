"""Read open records into an observatory."""
