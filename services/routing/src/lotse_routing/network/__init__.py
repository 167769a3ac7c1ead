"""Street networks: from their sources into one networkx graph, and into the database and back."""
