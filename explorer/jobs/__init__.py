"""Long-running work: the registry of jobs, lanes in which visitors take turns, and progress."""
