"""Code that is loaded beside student code; nothing else of ours is visible there."""
