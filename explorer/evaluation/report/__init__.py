"""Reports of an evaluation, for people."""
