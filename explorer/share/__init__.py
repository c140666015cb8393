"""Exporting findings as files, and publishing them."""
