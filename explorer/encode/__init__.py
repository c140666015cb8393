"""Encoders and the vector cache: from texts to vectors."""
