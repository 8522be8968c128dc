"""Grade one submission in a container or CI job, one module per system."""
