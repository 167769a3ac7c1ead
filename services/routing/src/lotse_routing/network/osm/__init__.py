"""What OpenStreetMap says of streets: its files, its tags, its relations."""
