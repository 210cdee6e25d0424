"""Clusterings with a proof: small networks, packings of whole components, and groups of equal size."""
