"""grader: grade neural networks written by hand, with student code kept apart from the tests."""

__version__ = "0.2.0"
