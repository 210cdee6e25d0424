"""The throughput engines: expansion and policy iteration, self-timed execution, K-periodic schedules."""
