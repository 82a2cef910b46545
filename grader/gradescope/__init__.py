"""An assignment as an autograder of Gradescope: the zip, and what runs there.

    here   bundle.py   course, grader, exact versions, setup.sh, run_autograder -> ZIP
    there  setup.sh    once, when the image is built
           run_autograder -> autograder.py   for every submission: grade, then results.json

Student code runs there as it does here, in the strongest back end that passes the probes: in a
container that is `container`, the uid split.
"""
