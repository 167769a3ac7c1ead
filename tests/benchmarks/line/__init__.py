"""`make bench-line`: from a sensor's message to what its sign is told."""
