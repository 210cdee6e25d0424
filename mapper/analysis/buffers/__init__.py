"""Channel capacities against throughput."""
