"""Who drives a usual morning: gravity trips, and the ways they habitually take."""
