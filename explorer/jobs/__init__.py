"""Long work: one registry of jobs for the whole process, lanes in which visitors take turns, progress."""
