"""Widgets used by several pages: rows, clusters, hits, figures, downloads."""
