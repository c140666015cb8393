"""Each claim about speed or memory as a command."""
