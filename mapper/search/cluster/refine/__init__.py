"""Improving a clustering: dissolve a few related clusters, build them anew, polish them, keep what is not worse."""
