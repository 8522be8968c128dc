"""Judge a student's answers: compare, explain, give credit."""
