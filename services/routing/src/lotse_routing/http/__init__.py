"""Routing's internal HTTP: what the gateway asks."""
