"""Intervals, tests, differences and the verdict."""
