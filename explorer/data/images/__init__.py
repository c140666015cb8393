"""The images of rows: reading them from strangers' files, and keeping them with a corpus."""
