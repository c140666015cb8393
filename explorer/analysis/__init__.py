"""What can be asked of a space."""
