"""What test files import; the same files run in the grader."""
