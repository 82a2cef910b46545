"""The folder of an nbgrader course: what is set, what was handed in, what was earned.

nbgrader keeps an assignment in `source/`, what students sent in `submitted/`, the notebooks that
its formgrader shows in `autograded/`, pages for students in `feedback/`, scores in `gradebook.db`.
Grading itself stays here, isolated; nothing that a student sent is executed or shown from there.
"""
