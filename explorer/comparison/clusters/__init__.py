"""Clusters of contenders, matched with each other, and the rows that move between them."""
