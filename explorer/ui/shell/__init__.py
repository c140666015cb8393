"""What every page has: the session, its link, the frame, jobs and their progress, the token, text."""
