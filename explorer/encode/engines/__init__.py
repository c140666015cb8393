"""Engines: models on this machine, on servers, TF-IDF, and vectors that come with the rows."""
