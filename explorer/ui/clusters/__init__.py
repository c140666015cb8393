"""The clusters page."""
