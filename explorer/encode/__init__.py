"""Encoders, the vector cache and jobs: from texts to vectors."""
