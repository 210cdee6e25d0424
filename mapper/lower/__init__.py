"""From a clustered network to a dataflow graph, and with a mapping to the bound graph. Decides nothing."""
