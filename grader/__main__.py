"""`python -m grader`; the installed command `grader` is the same and looks in no current folder."""

from grader.start import main

main()
