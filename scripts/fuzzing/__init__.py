"""Random dataflow graphs for scripts/fuzz_dataflow.py."""
