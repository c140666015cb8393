"""Maps of contenders, laid over one another."""
