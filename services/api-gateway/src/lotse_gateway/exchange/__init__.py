"""Other forms of the same rows: CSV and GeoJSON, out and in. Pure."""
