"""Uploaded files, which come from strangers and are read in a separate process."""
