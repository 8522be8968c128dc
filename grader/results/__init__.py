"""Results of a run: the store, the late policy, tables and pages."""
