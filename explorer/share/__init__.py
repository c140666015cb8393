"""Exporting findings as files."""
