"""What an instructor writes: assignments, extensions, the secret."""
