"""The public operations, one file a noun."""
