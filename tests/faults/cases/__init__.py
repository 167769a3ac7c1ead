"""What else can go wrong: each a fault that lasts for some seconds under load, and is lifted."""
