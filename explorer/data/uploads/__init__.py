"""Files that strangers upload, read in a process of its own."""
