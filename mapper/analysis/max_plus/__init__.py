"""One iteration of a dataflow graph as a max-plus matrix."""
