"""Clustering methods from the literature, reimplemented from their papers to compare with."""
