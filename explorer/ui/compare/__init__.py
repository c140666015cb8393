"""The parts of the compare page."""
