"""Lotse on one machine: embedded database and broker, a demo town with simulated sensors, replay of real readings."""
