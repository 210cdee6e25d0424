"""Graphs, peers and plots for the benchmark scripts."""
