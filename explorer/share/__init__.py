"""Taking findings away."""
