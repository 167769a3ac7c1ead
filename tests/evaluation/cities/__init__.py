"""Cities as SUMO drives them: the network by netconvert, and where stations and signs stand."""
