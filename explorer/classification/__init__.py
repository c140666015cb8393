"""Classifying rows into categories: by similarity, examples, inference, or a vote."""
