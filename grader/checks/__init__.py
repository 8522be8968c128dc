"""What a hidden test asks of a student's answers, and how they are judged."""
