"""Code that runs in the process of student code, which sees nothing else of the grader."""
