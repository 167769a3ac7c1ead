"""What runs beside the requests: it keeps the memory fresh, watches signs, writes when keys were used."""
