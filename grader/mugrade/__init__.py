"""A server for the mugrade client: verdicts on single values, against the reference's answers.

It decides nothing about the grade of a submission that `grader grade` makes: what it hears are
values from students' own machines.
"""
