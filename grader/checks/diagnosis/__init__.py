"""Explain wrong answers by relations, edits of the reference, root causes and cards."""
