"""Step `review`, the looking: which comments stand in which queue, found, ordered and counted."""
