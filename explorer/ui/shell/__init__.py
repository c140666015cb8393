"""The parts that every page shares: session, link, page frame, jobs and their progress, token, text."""
