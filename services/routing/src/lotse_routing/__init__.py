"""Readings felt, link state estimated, weights derived, detours found, signs decided, decisions published."""
