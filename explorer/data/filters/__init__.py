"""Filters: which rows of a corpus have certain values in their columns."""
