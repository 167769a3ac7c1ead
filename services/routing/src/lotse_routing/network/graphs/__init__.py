"""Networks as plain networkx graphs and GraphML, both ways."""
