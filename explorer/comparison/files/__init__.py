"""Comparisons saved to a file and opened again."""
