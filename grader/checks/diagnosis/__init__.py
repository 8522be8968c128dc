"""Explain wrong answers: relations between values, mutants of the reference, root causes, cards."""
