"""The record of what was asked and what was answered: an append-only SQLite file."""
