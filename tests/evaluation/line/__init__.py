"""Lotse itself as guidance: the real services, fed through MQTT and read through REST."""
