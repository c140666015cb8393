"""The data page: a corpus is chosen, and what encodes it."""
