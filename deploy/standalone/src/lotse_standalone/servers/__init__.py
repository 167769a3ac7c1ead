"""The embedded servers: database and MQTT broker."""
