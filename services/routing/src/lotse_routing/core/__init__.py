"""From the networkx graph to answers: turns, travel times, paths. Knows no I/O."""
