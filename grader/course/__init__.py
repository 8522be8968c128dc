"""The course as an instructor writes it: assignments, extensions, the secret."""
