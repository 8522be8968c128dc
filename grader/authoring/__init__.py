"""What authors of exercises do: new, build, release, validate."""
