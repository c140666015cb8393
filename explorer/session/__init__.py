"""What one visitor has open, without a screen: rows, encoders, spaces, results, selection, link."""
