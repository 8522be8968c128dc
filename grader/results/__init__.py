"""What comes out of a run: the store, the policy, gradebook and pages."""
