"""What a newer network changes, and what is registered that needs a look then."""
