"""A morning of the demo town at its true pace, in data time: what docs/decisions-of-signs.md walks through."""
