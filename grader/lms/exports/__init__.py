"""Gradebook files for a whole class, one module per system."""
