"""The overview page: what is in the open rows."""
