"""What runs a model: on this machine, on a server, as TF-IDF, or not at all where rows bring vectors."""
