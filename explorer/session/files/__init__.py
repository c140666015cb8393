"""A session as a file: everything that is open, which opens again on another machine."""
