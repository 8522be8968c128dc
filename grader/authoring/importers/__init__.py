"""Turn notebooks of other graders into exercises."""
