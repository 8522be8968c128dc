"""What comes out of a run: pure functions from values to text and bytes."""
