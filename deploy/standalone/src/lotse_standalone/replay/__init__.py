"""`lotse-replay`: recorded readings through the whole line, in data time."""
