"""Tools for authors of exercises: new, build, release, validate, import."""
