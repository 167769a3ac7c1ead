"""A recorded period, decided again: the steps of then under these or other settings, and what came of them. Pure."""
