"""Grading one submission inside a container or CI job, one module per system."""
