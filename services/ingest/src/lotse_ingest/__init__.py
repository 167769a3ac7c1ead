"""MQTT readings into TimescaleDB: received, decoded, judged, batched, stored, and only then acknowledged."""
