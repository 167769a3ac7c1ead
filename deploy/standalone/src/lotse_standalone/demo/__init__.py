"""`lotse-demo`: the stack, the town's morning, signs on the road, a live picture, a report."""
