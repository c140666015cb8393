"""Judgements: read from files, made on the page, and what they say about the contenders."""
