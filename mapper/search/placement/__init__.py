"""Placement at scale: which tile each cluster takes, for few packet-hops and no overloaded link."""
