"""The decisions: clusters, binding, orders, and the bounds that say how good they are."""
