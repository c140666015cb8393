"""Corpora: samples, files and Python data, brought to one form."""
