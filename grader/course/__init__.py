"""The files that an instructor writes for a course: assignments, extensions, the secret."""
