"""Local search over bindings, orders and retimings, on exact periods."""
