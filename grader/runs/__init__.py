"""A class run: from sources to graded submissions, here or on many machines."""
