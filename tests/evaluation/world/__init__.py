"""The world in which policies are tried: SUMO drives a morning, loops measure, drivers read signs."""
