"""What one visitor has open, independent of the screen: rows, encoders, spaces, results, selection, link."""
