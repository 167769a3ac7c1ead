"""Roadworks of the outside world: read, matched to links, and written for others. Pure: bytes in, nouns out.

What is read here is foreign and unchecked. It becomes a roadwork of ours only when a person approves it.
"""
