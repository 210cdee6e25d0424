"""Static orders of multi-rate graphs: what they cost, and where they come from."""
