"""`make soak`: the whole line under a city's load for as long as it is told, and what grows meanwhile."""
