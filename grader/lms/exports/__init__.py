"""Files with the grades of a whole class, one module per system."""
