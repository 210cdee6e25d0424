"""Cycles of timed event graphs: liveness, the maximum cycle ratio, schedules of a given period."""
