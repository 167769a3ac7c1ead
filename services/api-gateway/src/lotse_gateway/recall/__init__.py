"""What is held in memory for when nothing else answers. No I/O."""
