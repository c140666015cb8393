"""Saved spaces as files: a table, a vector for each row, and the facts about both."""
