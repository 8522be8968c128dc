"""Judge a student's answers: compare them, explain differences, give partial credit."""
