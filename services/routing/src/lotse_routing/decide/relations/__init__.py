"""Messages to those who are affected, and nobody else: who passes a disturbance, leaves here and comes back there."""
