"""A space and the analyses of it."""
