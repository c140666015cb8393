"""Measures of rows: two views of a row, labels, segments; and the groups and neighbours they need."""
