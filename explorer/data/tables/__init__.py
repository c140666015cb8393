"""Tables of plain columns, the result of reading, and the conversion of any values to them."""
