"""Reports of a comparison, for people."""
