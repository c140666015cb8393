"""Moving from one encoder to another: what changes among the first hits, and which queries get worse."""
