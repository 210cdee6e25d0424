"""Files in and out: networks, spike counts, platforms, results. Knows the model, never the search."""
