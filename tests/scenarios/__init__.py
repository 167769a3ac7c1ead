"""What traffic people expect to work, on real streets: places by the names of streets, the line in data time."""
