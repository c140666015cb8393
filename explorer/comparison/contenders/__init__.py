"""What is compared: spaces, spaces corrected for hubs, and BM25; how they are chosen, made and called."""
