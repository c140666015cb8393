"""What a contender costs, what its vectors look like, and faults that spoil it silently."""
