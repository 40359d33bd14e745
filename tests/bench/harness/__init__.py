"""Measures the servers of this bench; see `run`."""
