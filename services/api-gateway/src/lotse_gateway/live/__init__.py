"""What happens now, told to whoever listens: events, who wants which, and where they come from."""
