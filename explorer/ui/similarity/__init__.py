"""The similarity page: heatmaps and near-duplicates."""
