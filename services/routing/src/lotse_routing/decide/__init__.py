"""Snapshot → what each sign shows, and why."""
