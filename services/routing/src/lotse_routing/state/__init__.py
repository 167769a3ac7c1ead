"""Readings → link state → weights → an immutable snapshot."""
