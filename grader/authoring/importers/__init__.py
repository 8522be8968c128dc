"""Convert notebooks of other graders to exercises."""
