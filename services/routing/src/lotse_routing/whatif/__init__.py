"""What would be: routes on demand, routes of a past moment, and what a closure would do. Pure."""
