"""Proof that nothing is lost: kills, outages and hostile messages on a line of real processes (`make test-faults`)."""
