"""A morning in the demo town: traffic, the sensors that see it, the control room that closes a street."""
