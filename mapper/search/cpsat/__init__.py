"""The exact search: binding and plain static orders as one CP-SAT model, one module per constraint."""
