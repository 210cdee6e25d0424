"""Lower bounds on the period that hold for every mapping of an application onto a platform, in either semantics."""

from mapper.search.bounds.best import best_bound, elementary_bounds

__all__ = ["best_bound", "elementary_bounds"]
