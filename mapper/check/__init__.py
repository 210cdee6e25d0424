"""Verification without any solver: every rule is stated once more, independently of the code that decides.

Knows the model and the definition of an iteration; nothing of the search, the lowering or the analysis.
"""
