"""Corpora: samples, files and Python data, converted to one form."""
