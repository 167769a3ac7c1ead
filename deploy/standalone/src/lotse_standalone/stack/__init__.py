"""The whole stack on this machine, and how one talks to its gateway."""
