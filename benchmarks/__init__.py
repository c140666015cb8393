"""Each published figure of speed or memory as a command."""
