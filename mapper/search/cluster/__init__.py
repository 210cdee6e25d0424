"""From a network to clusters that fit a crossbar: limits, fan-in unrolling, greedy clustering."""
