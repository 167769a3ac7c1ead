"""What changes something: the registry, orders, roadworks; done once, with a trace."""
