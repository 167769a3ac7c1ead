"""The console in a real browser: when it shows the city, how it follows, how it moves."""
