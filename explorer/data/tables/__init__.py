"""What reading gives: a table of plain columns, and how values of any kind become such."""
