"""The Classify page: rows in categories of one's own."""
