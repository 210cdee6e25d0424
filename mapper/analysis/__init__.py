"""Exact analysis of dataflow graphs: liveness, cycle ratios, schedules. Knows the model and no solver."""
