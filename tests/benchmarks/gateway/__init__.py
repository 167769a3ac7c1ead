"""`make bench-gateway`: sign polls, links and events at the gateway, beside bare Starlette and a usual FastAPI."""
