"""A smaller period asked for outright: take out what stands in its way, and seat it again elsewhere."""
