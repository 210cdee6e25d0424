"""Pipelined mappings built in one go: balanced loads, then modulo scheduling."""
