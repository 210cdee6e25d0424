"""Other goals than the period, limits, goals one after another, and the front between two."""
