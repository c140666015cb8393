"""What several pages use: rows to show, clusters, hits, figures, downloads."""
